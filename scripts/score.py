"""`python scripts/score.py ...` is `inconsistency score ...`: a thin wrapper, nothing else."""

import argparse
import sys

from inconsistency.batch import command

parser = argparse.ArgumentParser(description=__doc__)
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
