"""`python -m agent_chat`: the terminal client."""

import sys

from agent_chat.terminal.program import main

if __name__ == "__main__":
    sys.exit(main())
