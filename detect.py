"""Reads the number plates of photos: python detect.py in.jpg weights.npz out.jpg."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("detect")
