"""`python -m tfreg` is the command `tfreg`."""

from tfreg.cli.main import main

if __name__ == "__main__":
    main()
