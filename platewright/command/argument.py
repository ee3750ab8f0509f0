"""What the commands' arguments have in common: their kinds, and options of the same name."""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import shlex
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, NoReturn

from platewright.errors import ConfigError, RegionError, as_installed, printable
from platewright.file import AT_ONCE, named_path

if TYPE_CHECKING:
    from platewright.reading.acceptance import Shown

_CELL = re.compile(r"^.?  \S+ +", re.M)  # of a table: the first column
CORES = os.cpu_count() or 1
SMALL_BYTES, PIPE_S = 1 << 16, 10.0
"""Of a file of arguments or a password; for how long a pipe is waited for."""
READER_HELP = (
    "read with another network, crnn-gru, crnn-lstm or attention, or with its weights; several "
    "with + between them vote; line is the weights' own, and what reads where none is named; box "
    "finds by itself; api asks a service"
)


class Paragraphs(argparse.HelpFormatter):
    """Breaks texts to the width of the terminal: paragraphs, and the lines of tables one by one.

    Commands get the names that they were called by before: these may be longer.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(_broken(part, width) for part in as_installed(text).split("\n\n"))

    def _expand_help(self, action: argparse.Action) -> str:
        return as_installed(super()._expand_help(action))


def _broken(text: str, width: int) -> str:
    """Break a paragraph, or each line of a table below its second column."""
    if not _CELL.search(text):
        return fill(" ".join(text.split()), width)
    cells = ((line, _CELL.match(line)) for line in text.splitlines())
    return "\n".join(
        fill(line, width, subsequent_indent=" " * (cell.end() if cell else 0))
        for line, cell in cells
    )


class Parser(argparse.ArgumentParser):
    """A parser for commands: an empty path, as an unset variable gives, is not this folder.

    No password of an address is in an error. Its help calls commands as it was called.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Paragraphs} | options)
        self.register("type", Path, named_path)

    def format_help(self) -> str:
        """See `argparse`."""
        return as_installed(super().format_help())

    def error(self, message: str) -> NoReturn:
        """See `argparse`."""
        super().error(printable(re.sub(r"//(?!\[)\S*@", "//", message)))


class ParserWithFiles(Parser):
    """A parser for what holds passwords: they may stand in a file.

    `@FILE` stands for the arguments in a file, written as for a shell; lines with # say nothing.
    """

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """See `argparse`."""
        waiting, given, seen = [*(sys.argv[1:] if args is None else args)][::-1], [], set[str]()
        while waiting:
            argument = waiting.pop()
            if not argument.startswith("@"):
                given.append(argument)
                continue
            file = argument[1:]
            try:
                if os.path.realpath(file) in seen:
                    raise ValueError("it is named twice")
                seen.add(os.path.realpath(file))
                lines = read_small(Path(file)).splitlines()
                found = [shlex.split(line) for line in lines if not line.lstrip().startswith("#")]
            except OSError as error:
                self.error(f"{argument}: {error.strerror or error}")
            except ValueError as error:
                self.error(f"{argument}: a file of arguments: {error}")
            waiting += list(chain.from_iterable(found))[::-1]
        return super().parse_known_args(given, namespace)


def read_small(path: Path) -> str:
    """Return the text of a small file, or of a pipe into which somebody writes it by and by.

    Raises:
        OSError: if it can't be read, is longer than `SMALL_BYTES`, or a pipe in which nothing
            comes for `PIPE_S`.
        ValueError: if it is no text.
    """
    handle = os.open(path, os.O_RDONLY | AT_ONCE | getattr(os, "O_BINARY", 0))
    data, whole = b"", False
    try:
        waits = stat.S_ISFIFO(os.fstat(handle).st_mode)
        while not whole and len(data) <= SMALL_BYTES:
            if waits and not select.select([handle], [], [], PIPE_S)[0]:
                raise OSError(errno.ETIMEDOUT, f"nothing came for {PIPE_S:g} s")
            more = os.read(handle, SMALL_BYTES)
            data, whole = data + more, not more
    finally:
        os.close(handle)
    if not whole:
        raise OSError(errno.EFBIG, f"more than {SMALL_BYTES >> 10} KiB")
    return data.decode("utf-8-sig")


def secret(option: str, name: str | None) -> str:
    """Return what an environment variable of that name holds, or else a file, without line ends.

    So a password is in no list of processes; it is in no message either, should it be given itself.

    Args:
        name: of the variable or file; None: there is no secret.

    Raises:
        ConfigError: if there is neither, or nothing in it.
    """
    if name is None:
        return ""
    value = os.environ.get(name) if name else ""
    if value is None:
        try:
            value = read_small(Path(name))
        except (OSError, ValueError):
            raise ConfigError(
                f"{option}: give the name of an environment variable or of a file that holds it"
            ) from None
    if not value.strip():
        raise ConfigError(f"{option}: the environment variable or file is empty")
    return value.strip("\r\n")


def program() -> str:
    """Return what the program is called in messages: `detect.py`, or `platewright detect`."""
    return Path(sys.argv[0]).name


def bounded(kind: type[float], low: float, high: float) -> Callable[[str], float]:
    """Return the type of an argument that is a number from `low` to `high`.

    >>> bounded(int, 1, 9)("7")
    7
    """

    def convert(text: str) -> float:
        value: float = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    convert.__name__ = kind.__name__
    return convert


def at_least(low: int) -> Callable[[str], int]:
    """Return the type of an argument that is a whole number from `low` on.

    >>> at_least(1)("7")
    7
    """

    def convert(text: str) -> int:
        value = int(text)
        if value < low:
            raise argparse.ArgumentTypeError(f"must be at least {low}, not {value}")
        return value

    convert.__name__ = "int"
    return convert


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas; none are what an unset variable gives.

    >>> names("GB, IN,")
    ('GB', 'IN')
    """
    found = tuple(filter(None, map(str.strip, text.split(","))))
    if not found:
        raise argparse.ArgumentTypeError("it is empty; name one, or leave the option out")
    return found


def listed(text: str) -> str:
    """Return a name, or several with commas between them.

    >>> listed("scan, line")
    'scan,line'
    """
    return ",".join(names(text))


def codes(text: str) -> tuple[str, ...]:
    """Return codes of countries or regions in capitals; paths of `.toml` files stay as they are.

    >>> codes("gb,us-ca,mine/xx.toml")
    ('GB', 'US-CA', 'mine/xx.toml')
    """
    return tuple(n if n.lower().endswith(".toml") else n.upper() for n in names(text))


def regions(text: str) -> tuple[str, ...]:
    """Return the regions of a list: codes, and absolute paths of files of one's own.

    Raises:
        RegionError: if there is no such region, or a file can't be used.

    >>> regions("gb,DE")
    ('GB', 'DE')
    """
    from platewright.region import load_region, region_codes
    from platewright.region.load import nearest_codes

    given = codes(text)
    files = {name for name in given if name.lower().endswith(".toml")}
    unknown = sorted({*given} - files - {*region_codes()})
    if unknown:
        raise RegionError(f"--region: no region {unknown[0]}; {nearest_codes(unknown[0])}")
    found = tuple(str(Path(name).absolute()) if name in files else name for name in given)
    for path in found:
        load_region(path)
    return found


def size(low: int, high: int) -> Callable[[str], tuple[int, int]]:
    """Return the type of an argument such as 1280x720: (height, width), each within limits.

    >>> size(16, 8192)("1280x720")
    (720, 1280)
    """

    def convert(text: str) -> tuple[int, int]:
        width, _, height = text.lower().partition("x")
        sides = [int(side) if side.isascii() and side.isdigit() else -1 for side in (height, width)]
        if not all(low <= side <= high for side in sides):
            raise argparse.ArgumentTypeError(f"give WIDTHxHEIGHT, {low} to {high} each, not {text}")
        return sides[0], sides[1]

    return convert


def add_region(parser: argparse.ArgumentParser, told: str) -> None:
    """Add `--region`: codes in any case, or `.toml` files of one's own."""
    parser.add_argument("--region", type=regions, default=(), metavar="GB,de", help=told)


def add_fonts(parser: argparse.ArgumentParser) -> None:
    """Add `--fonts`: a folder of faces to draw with."""
    parser.add_argument("--fonts", type=Path, metavar="FOLDER",
        help="faces of your own beside those in fonts/")  # fmt: skip


def use_fonts(folder: Path | None, named: Iterable[str] = ()) -> None:
    """Draw with the faces of a folder as well, and say which they are.

    Args:
        named: the regions to be drawn, where some are named.

    Raises:
        FontError: if one of the faces can't be used, or none has ink for a region's characters.
    """
    from platewright.region import load_region
    from platewright.synth.face import add_fonts, require_ink

    if folder is not None:
        print(f"{folder}: {', '.join(add_fonts(folder))}", file=sys.stderr)
    require_ink(load_region(name) for name in named)


def add_backgrounds(parser: argparse.ArgumentParser) -> None:
    """Add `--bgs`: a folder of photos without plates."""
    parser.add_argument("--bgs", type=Path, metavar="FOLDER",
        help="background photos (bgs, where it is there; none: drawn ones)")  # fmt: skip


def add_weights(parser: argparse.ArgumentParser, *flags: str) -> None:
    """Add the weights, optional: as `--weights`, or as a place of their own."""
    place = {} if flags[0].startswith("-") else {"nargs": "?"}
    parser.add_argument(
        *flags, type=Path, metavar="WEIGHTS", help=".npz or .onnx (the bundled ones)",
        **place,  # type: ignore[arg-type]
    )  # fmt: skip


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what is looked for and read, and what of it is told; see `settings_of`."""
    add = parser.add_argument
    add("--min-height", type=bounded(int, 0, 10_000), metavar="PX",
        help="height of the smallest plate looked for; 0: by the picture's size")  # fmt: skip
    add("--all", action="store_true", help="also tell what is no plate most likely")
    add("--min-presence", type=bounded(float, 0, 1), metavar="P",
        help="least presence of what is told, 0-1 (0.8)")  # fmt: skip
    add("--min-confidence", type=bounded(float, 0, 1), metavar="P",
        help="least confidence of a text that is told, 0-1 (0.15)")  # fmt: skip
    add("--accept", type=bounded(float, 0, 1), metavar="P",
        help="mark texts that are less sure as not accepted, 0-1 (0.7)")  # fmt: skip
    add("--mask", action="append", default=[], metavar="PICTURE|X0,Y0,X1,Y1",
        help="look for nothing there, a camera's clock say: a box in pixels or, with %%, in parts "
        "of the picture, or a picture that is black there; may be given again")  # fmt: skip
    add_region(parser, "read texts that fit the syntaxes of these regions")


def settings_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return what of `add_reading` are settings of the detector, where they are given."""
    from platewright.reading.settings import read_mask

    given = {name: getattr(args, name) for name in ("min_height", "accept")}
    given = {name: value for name, value in given.items() if value is not None}
    return {"regions": args.region, "mask": read_mask(args.mask), **given}


def shown_of(args: argparse.Namespace, *, everything: bool = False) -> Shown:
    """Return which readings are told."""
    from platewright.reading.acceptance import Shown

    return Shown.of(
        everything=args.all or everything,
        presence=args.min_presence,
        confidence=args.min_confidence,
    )


def add_threads(parser: argparse.ArgumentParser, usual: int = min(4, CORES)) -> None:
    """Add `--threads`, of the networks."""
    parser.add_argument("--threads", type=bounded(int, 1, 256), default=usual, metavar="N",
        help="for the network (%(default)s)")  # fmt: skip


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add `--workers`: one for each core."""
    parser.add_argument("--workers", type=at_least(1), default=CORES, metavar="N",
        help="processes (%(default)s)")  # fmt: skip


def add_force(parser: argparse.ArgumentParser, told: str = "overwrite what is there") -> None:
    """Add `--force`."""
    parser.add_argument("--force", action="store_true", help=told)
