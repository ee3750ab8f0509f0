"""Writes the networks for other programs: python export.py --format onnx,litert,savedmodel."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("export")
