"""The commands: `platewright NAME`, and the same as a script, one file each."""

import ast
import functools
import importlib
import os
import sys
from pathlib import Path

from platewright.errors import run_script
from platewright.file import remove_empty_folders

FOLDER = Path(__file__).resolve().parent
ORDER = ("extractbgs", "gen", "model", "train", "detect", "watch", "evaluate", "convert", "serve")
"""As a person meets them; what else there is follows by name."""
NO_COMMANDS = {"__init__", "argument"}


def command_names() -> tuple[str, ...]:
    """Return the names of all commands.

    >>> command_names()[:5]
    ('extractbgs', 'gen', 'model', 'train', 'detect')
    """
    found = {path.stem for path in FOLDER.glob("*.py")} - NO_COMMANDS
    return (*(name for name in ORDER if name in found), *sorted(found - {*ORDER}))


def run_command(name: str) -> None:
    """Run a command on `sys.argv` and leave the process with its exit code.

    Args:
        name: one of `command_names`.
    """
    # Errors are told by us, in a line; who wants to hear OpenCV as well sets this.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    module = importlib.import_module(f"{__name__}.{name}")
    run_script(module.main, Path(sys.argv[0]).name, after_failure=remove_empty_folders)


def main() -> None:
    """Run the command that the command line names."""
    sys.argv[0], *given = "platewright", *sys.argv[1:]
    first = given[0] if given else "--help"
    if first in command_names():
        sys.argv = [f"platewright {first}", *given[1:]]
        run_command(first)
    run_script(functools.partial(_answer, first, 0 if given else 2), "platewright")


def _answer(first: str, code: int) -> int:
    """Say what was asked for in a command's place; returns the exit code."""
    if first in ("-h", "--help", "help"):
        print(_usage())
        return code
    if first in ("-V", "--version", "version"):
        from platewright import __version__

        print(f"platewright {__version__}")
        return 0
    known = ", ".join(command_names())
    print(f"platewright: no command {first}; known: {known}", file=sys.stderr)
    return 2


def _usage() -> str:
    """Return what there is, a line each, from the first lines of the commands' files."""
    lines = []
    for name in command_names():
        told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))) or ""
        first = told.partition("\n")[0].partition(f": {name}.py")[0]
        lines.append(f"  {name:<11} {first.rstrip('.')}")
    return "\n".join(
        [
            "usage: platewright COMMAND [arguments]",
            "       platewright --version",
            "",
            "Draws number plates, learns from its own drawings, and reads real plates.",
            "",
            *lines,
            "",
            "platewright COMMAND --help tells a command's arguments.",
        ]
    )
