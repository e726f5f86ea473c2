"""`python -m brainstorm_tui`: the same as the command `brainstorm-tui`."""

import sys

from brainstorm_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
