"""Pages of Markdown: a shell's lines in them, their links, commands as their parsers read them."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from unittest import mock

from platewright.command import command_names, run_command
from tests.script import as_before

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("*/README.md"),
        *ROOT.glob("examples/*/README.md"),
    }
    - {*ROOT.glob(".venv*/**")}
)
"""Every page of this repository."""
SHELLS = {"", "sh", "bash", "shell", "console"}
OURS = re.compile(
    r"(?:[A-Z_]+=\S+ +)*(?:\$ )?(?:(?:\.venv/bin/)?(?:python3?|platewright) |make [a-z]|make$)"
)
"""How a line begins that calls a command of ours."""


class ReadLine(BaseException):
    """Arguments were read; nothing was done.

    Attributes:
        parser: that read them.
    """

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def shell_lines(page: str, begins: re.Pattern[str] = OURS) -> list[str]:
    """Return the lines in a page's blocks that call our commands, or others that begin so."""
    page = re.sub(r"<!--.*?-->", "", page, flags=re.S)
    lines: list[str] = []
    fence: str | None = None
    for line in page.replace("\\\n", " ").splitlines():
        if mark := re.match(r" *```(\S*)", line):
            fence = mark[1] if fence is None else None
        elif fence in SHELLS or (fence is None and line.startswith("    ")):
            lines += filter(begins.match, re.split(r" && | \| ", line.strip()))
    return lines


def lines_of_others(program: str) -> list[str]:
    """Return the lines of all pages that call another program."""
    begins = re.compile(rf"{re.escape(program)} ")
    return [line for page in PAGES for line in shell_lines(page.read_text("utf-8"), begins)]


def spans(page: str) -> list[str]:
    """Return the commands of ours with options that stand within sentences."""
    page = re.sub(r"^ *```.*?^ *```", "", page, flags=re.M | re.S)
    kept = (re.sub(r"\s+", " ", one) for one in re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", page))
    names = "|".join(command_names())
    return [
        one for one in kept
        if re.match(rf"(?:python )?(?:{names})\.py -|platewright (?:{names}) -", one)
    ]  # fmt: skip


def words_of(line: str) -> list[str]:
    """Return a line's words from the command on, as `gen.py`, `-m NAME` or `make`.

    >>> words_of("A=1 .venv/bin/python gen.py 20 --out 'a b'   # draws")
    ['gen.py', '20', '--out', 'a b']
    >>> words_of("platewright gen 20")
    ['gen.py', '20']
    """
    words = shlex.split(line.replace("$(", "(").removeprefix("$ "), comments=True)
    while "=" in words[0] and words[0].partition("=")[0].isupper():
        del words[0]
    first = words.pop(0)
    if first == "platewright":
        return [f"{words[0]}.py", *words[1:]]
    return ["make", *words] if first == "make" else words


def targets() -> set[str]:
    """Return what `make` makes by name."""
    found = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    return {name for line in found for name in line.split()}


def read_line(folder: Path, words: list[str]) -> None:
    """Let a command read its arguments, by the parser that it has, and do nothing else.

    Args:
        folder: the working directory.
        words: as of `words_of`.

    Raises:
        AssertionError: if they can't be read, with what was said.
    """
    if words[0] == "make":
        unknown = [word for word in words[1:] if "=" not in word and word not in targets()]
        assert not unknown, f"no target {unknown[0]}"
    elif words[:2] not in (["-m", "pip"], ["-m", "venv"], ["-m", "pytest"]):
        parser_of(folder, words)


def parser_of(
    folder: Path, words: list[str], *, reads: bool = True
) -> argparse.ArgumentParser | None:
    """Return a command's parser, having read the arguments with it; None for one that has none.

    Args:
        folder: the working directory.
        words: as of `words_of`.
        reads: whether the arguments are read.

    Raises:
        AssertionError: if they can't be read, with what was said.
    """
    real, said = argparse.ArgumentParser.parse_args, io.StringIO()

    def parse(parser: argparse.ArgumentParser, *given: object, **named: object) -> None:
        if reads:
            real(parser, *given, **named)  # type: ignore[call-overload]
        raise ReadLine(parser)

    with (
        as_before(),
        mock.patch.object(argparse.ArgumentParser, "parse_args", parse),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(said),
    ):
        os.chdir(folder)
        try:
            start(words)
        except ReadLine as read:
            return read.parser
        except SystemExit as left:
            raise AssertionError(said.getvalue().strip() or f"exit {left.code}") from None
    return None


def start(words: list[str]) -> None:
    """Start a command in this process, as far as its parser."""
    first, *rest = words[1:] if words[0] == "-m" else words
    if first == "manage.py" and rest[:1] != ["serve"]:
        from django.core.management import get_commands, load_command_class

        command = load_command_class(get_commands()[rest[0]], rest[0])
        command.create_parser(first, rest[0]).parse_args(rest[1:])
    elif first == "manage.py" or Path(first).stem in command_names():
        name = "serve" if first == "manage.py" else Path(first).stem
        sys.argv = [first, *(rest[1:] if first == "manage.py" else rest)]
        run_command(name)
    else:
        script = ROOT / (f"{first.replace('.', '/')}.py" if words[0] == "-m" else first)
        assert script.is_file(), f"there is no {first}"
        if "parse_args" not in script.read_text("utf-8"):
            assert not rest, "it takes no arguments"
            return
        sys.argv = [str(script), *rest]
        spec = spec_from_file_location("__main__", script)
        assert spec and spec.loader
        spec.loader.exec_module(module_from_spec(spec))


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links that are on this machine."""
    text = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are on the web."""
    heads = re.findall(r"^#+ +(.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
