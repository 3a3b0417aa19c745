"""`python -m inconsistency` is the same as `inconsistency`."""

import sys

from inconsistency.cli import main

if __name__ == "__main__":
    sys.exit(main())
