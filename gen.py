"""Draws labelled pictures of number plates: python gen.py 1000."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("gen")
