"""`python -m tradewind`: the command line, and nothing else."""

from tradewind.cli.main import main

if __name__ == "__main__":
    main()
