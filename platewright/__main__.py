"""`python -m platewright COMMAND`: the same as `platewright COMMAND`."""

from __future__ import annotations

from platewright.command import main

if __name__ == "__main__":
    main()
