"""Describes a network: python model.py."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("model")
