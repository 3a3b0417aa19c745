"""`python scripts/score.py ...` is `inconsistency score ...`: a thin wrapper, nothing else."""

import argparse
import sys

from inconsistency.batch import command


def main() -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    command.add_arguments(parser)
    return command.run(parser.parse_args())


if __name__ == "__main__":  # worker processes import this file too
    sys.exit(main())
