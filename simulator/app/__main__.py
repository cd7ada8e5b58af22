"""`python -m simulator.app`: the command where no script is on the path."""

from simulator.app.cli import main

if __name__ == "__main__":
    main()
