"""`python -m tradewind`: the command line, and nothing else."""

import sys

INTERRUPTED = 130

if __name__ == "__main__":
    try:
        # Inside, because Ctrl-C may come while the verbs are still being loaded.
        from tradewind.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
