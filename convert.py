"""Converts a labelled data set to another format: python convert.py FROM TO."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("convert")
