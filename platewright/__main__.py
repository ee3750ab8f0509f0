"""`python -m platewright COMMAND`: the same as `platewright COMMAND`."""

from platewright.command import main

if __name__ == "__main__":
    main()
