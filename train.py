"""Trains a network on live drawings: python train.py."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("train")
