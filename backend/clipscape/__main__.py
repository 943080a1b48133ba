"""`python -m clipscape` is the command `clipscape`."""

import sys

from clipscape.cli import main

if __name__ == "__main__":
    sys.exit(main())
