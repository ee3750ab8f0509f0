"""Scores weights on labelled photos: python evaluate.py LABELS.csv."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("evaluate")
