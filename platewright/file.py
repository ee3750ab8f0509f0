"""Files: written whole or not at all, and read within bounds, those of other people as well."""

import argparse
import contextlib
import errno
import hashlib
import io
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from platewright.errors import ConfigError, OutputError, os_errors_as
from platewright.lock import take

_MADE: list[Path] = []  #: Folders that this process has made, outer ones first
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""How a file is opened that is not there yet."""
LONGEST_NAME = 255  #: Bytes of a file's name
AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""Without this a pipe is opened only when somebody else opens its other end."""
TOML_BYTES = 1 << 20
DEEPEST = 20  #: Levels of tables and lists
# Parts of a dotted key; `tomllib` looks at all the parts before each.
LONG_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")


def nonempty(text: str) -> str:
    """Return an argument that is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; give a path")
    return text


def named_path(text: str) -> Path:
    """Return the path that an argument is; a file whose name is `-` is `./-`."""
    if text == "-":
        raise argparse.ArgumentTypeError("- is no file; give its name, or /dev/stdin, /dev/stdout")
    return Path(nonempty(text))


def writing(path: Path) -> contextlib.AbstractContextManager[None]:
    """Turn what the system refuses in a `with` block into an `OutputError` of a file."""
    return os_errors_as(OutputError, path, "can't be written")


def make_folder(path: Path) -> None:
    """Make a folder and those above it; one that is there already is left as it is.

    Raises:
        OutputError: if it can't be made, or a file of that name is in the way.
    """
    try:
        lacking = [each for each in (path, *path.parents) if not each.exists()]
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: can't be made into a folder: {error.strerror}") from error
    _MADE.extend(each.absolute() for each in reversed(lacking))


def remove_empty_folders() -> None:
    """Remove the folders that this process has made and nothing was put into.

    For a command that fails: results are often claimed before it is known that there will be any.
    """
    while _MADE:
        with contextlib.suppress(OSError):  # something is in it, or it has gone
            _MADE.pop().rmdir()


def open_file(path: Path) -> io.BufferedReader:
    """Open a file to be read; what is none (a pipe, a device, a folder) is not waited for.

    Raises:
        OSError: if it can't be opened, or is no file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | AT_ONCE | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a name with a zero byte
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        none = "a directory" if stat.S_ISDIR(kind) else "a pipe or a device"
        raise OSError(errno.EINVAL, f"{none}, not a file", str(path))
    return os.fdopen(handle, "rb")


def read_file(path: Path, most: int) -> bytes:
    """Return what a file holds.

    Args:
        path: the file; see `open_file`.
        most: bytes that it may have; what is said to have more is not read at all.

    Raises:
        OSError: if it can't be read, is no file, or is larger.
    """
    with open_file(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        data = stream.read(most + 1) if size <= most else b""
    if max(size, len(data)) > most:
        raise OSError(errno.EFBIG, f"more than {most >> 20} MiB", str(path))
    return data


def files_below(folder: Path, suffix: str = "") -> Iterator[Path]:
    """Yield the files of a folder and of those in it, however deep they lie.

    Links to folders are not followed; folders that can't be looked into are passed over.

    Args:
        suffix: of their names, such as `.xml`; empty: any.
    """
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name.endswith(suffix) and not entry.is_dir():
                yield Path(entry.path)


def file_digest(path: Path) -> str:
    """Return a file's SHA-256; an `OSError` where it can't be read."""
    with open_file(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def claim_results(sources: Iterable[Path], *results: Path | None, force: bool) -> None:
    """Check that results can be written, and make their folders.

    Args:
        sources: what is read, photos and weights; no result may take the place of one.
        results: files to be; None: not asked for.
        force: whether files that are there may be overwritten.

    Raises:
        ConfigError: if a result is a source or another result, or a folder is in its place.
        OutputError: if there is such a file and `force` is off, or a folder can't be made.
    """
    seen = {os.path.realpath(source) for source in sources}
    for path in filter(None, results):
        if os.path.realpath(path) in seen:
            raise ConfigError(f"{path}: is what is read, or named twice; give another name")
        seen.add(os.path.realpath(path))
        if path.is_dir():
            raise ConfigError(f"{path}: a folder is there; give a file")
        refuse_existing(path, force=force)
        make_folder(path.parent)


def refuse_existing(*results: Path | None, force: bool) -> None:
    """Raise `OutputError` where a result is there that may not be overwritten.

    A device such as /dev/stdout may be written to again and again.
    """
    for path in filter(None, results):
        if not force and (path.is_file() or path.is_dir()):
            raise OutputError(f"{path}: there already; give another name or --force")


def write_file(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it when it is whole; its folder is made.

    Raises:
        OutputError: if it can't be written, in one line with the reason.
    """
    with whole_file(path) as stream:
        stream.write(data)


def write_listed(path: Path, data: bytes) -> None:
    """Write a file where it belongs at once.

    It is of a folder whose list tells which files are whole, or of a shard, which nobody sees
    before all of it is. Without a second name it takes less time.

    Args:
        path: what is there is replaced, be it a link to somewhere else; it is no folder.

    Raises:
        OutputError: if it can't be written, in one line with the reason; nothing is left of it.
    """
    try:
        try:
            handle = os.open(path, NEW, 0o666)
        except FileExistsError:
            os.unlink(path)
            handle = os.open(path, NEW, 0o666)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(path)
        with writing(path):
            raise error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write it bit by bit; it is there when the block has ended well.

    Whatever was there before stays until then: a full disk costs nothing but the new file. A
    symbolic link is followed, and something that is no file, such as `/dev/stdout`, is written to.

    Args:
        path: where it goes; its folder is made where it lacks.

    Raises:
        OutputError: if it can't be written, in one line with the reason.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():
            with open(path, "wb", opener=at_once) as device:
                yield device
            return
        target = Path(os.path.realpath(path))  # a link to itself is one that is written over
        if not target.parent.exists():
            make_folder(target.parent)
        stream, temporary = _open_temporary(target)
        with stream:
            yield stream
            stream.flush()
            if os.name != "posix":  # nothing is locked there, and nothing open renamed
                stream.close()
            temporary.replace(target)
            temporary = None
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def at_once(path: str, flags: int) -> int:
    """Open a file for `open`; a pipe that nobody reads is not waited for."""
    try:
        handle = os.open(path, flags | AT_ONCE, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            error.strerror = "a pipe that nobody reads"
        raise
    if AT_ONCE:
        os.set_blocking(handle, True)
    return handle


def part_of(path: Path, before: str = "", after: str = "") -> Path:
    """Return what a file is called until it is whole.

    Args:
        path: the file in the end; its name may be as long as file systems bear.
        before: put before its name.
        after: put behind it.

    >>> part_of(Path("a/b.jpg"), ".").name
    '.b.jpg.part'
    """
    name = path.name
    if len(os.fsencode(f"{before}{name}{after}.part")) > LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return path.with_name(f"{before}{name}{after}.part")


def distinct_name(name: str, numbered: Callable[[int], str], taken: dict[str, int]) -> str:
    """Return a name that no other file has yet, whatever the case of its letters.

    Args:
        name: as it would be called, were it the only one.
        numbered: returns what it is called as the second, third ... of that name.
        taken: for each name that is there, in small letters, how many are called so; changed.

    >>> taken = {}
    >>> [distinct_name("a", "a-{}".format, taken) for _ in range(3)]
    ['a', 'a-2', 'a-3']
    """
    found, number = name, taken.get(name.casefold(), 1)  # not from the first: there may be many
    while found.casefold() in taken:
        number += 1
        found = numbered(number)
    taken[found.casefold()] = 1
    taken[name.casefold()] = number
    return found


def place_of(path: Path) -> tuple[Path, Path]:
    """Return the file that a result is in the end, links followed, and what it is until then.

    A link or a pipe that has the second name goes: nobody else's file is written over.
    """
    target = Path(os.path.realpath(path))
    part = part_of(target)
    if part.is_symlink() or (part.exists() and not part.is_file()):
        with contextlib.suppress(OSError):  # a folder: told when it is written
            part.unlink()
    return target, part


def _open_temporary(target: Path) -> tuple[BinaryIO, Path]:
    """Open the file that is to become another one, and say its name.

    Each target has one name, so that what a killed run left under it is written over by the next
    one; where somebody else is just writing it, or nothing says so, a random name is taken.
    """
    path = part_of(target, ".")
    with contextlib.suppress(OSError):
        while os.name == "posix":
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            stream, there = os.fdopen(handle, "wb"), os.fstat(handle)
            if not stat.S_ISREG(there.st_mode) or there.st_uid != os.geteuid() or not take(stream):
                stream.close()
                break
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(there, path.stat()):  # else it has just become a result
                    stream.truncate(0)
                    return stream, path
            stream.close()
    path = part_of(target, ".", f".{secrets.token_hex(4)}")
    return os.fdopen(os.open(path, NEW, 0o666), "wb"), path


@contextlib.contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    r"""Open a text file in UTF-8 with lines that end in `\n`, as `whole_file` does.

    Raises:
        OutputError: if it can't be written.
    """
    try:
        with whole_file(path) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
            yield text
            text.flush()
            text.detach()
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise OutputError(f"{path}: can't be written: {bad!a} is no character") from error


def read_toml(
    path: Path, error: type[ConfigError] = ConfigError, *, kind: str = "file"
) -> dict[str, Any]:
    """Return what a TOML file holds.

    Args:
        error: what is raised.
        kind: what the file is to be, for the message.

    Raises:
        ConfigError: of the given kind, if the file can't be read, or is no TOML, too large or
            nested too deep.
    """
    try:
        with open_file(path) as stream:
            data = stream.read(TOML_BYTES + 1)
    except OSError as problem:
        raise error(f"{path}: {problem.strerror}; give a {kind}") from None
    if len(data) > TOML_BYTES:
        raise error(f"{path}: more than {TOML_BYTES >> 20} MiB; give a {kind}")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if LONG_KEY.search(text):
            raise error(f"{path}: a key of more than {DEEPEST} parts; mend it there")
        content = tomllib.loads(text)
    except RecursionError:
        raise error(f"{path}: nested deeper than {DEEPEST}; mend it there") from None
    except ValueError as problem:  # no UTF-8, no TOML, a number of thousands of digits
        why = " ".join(str(problem).split())[:200]
        raise error(f"{path}: no valid TOML: {why}; mend it there") from None
    if is_deep(content, DEEPEST):
        raise error(f"{path}: nested deeper than {DEEPEST}; mend it there")
    return content


def is_deep(content: Any, most: int) -> bool:
    """Tell whether tables and lists are nested deeper than `most`, without going down itself."""
    level = [content]
    for _ in range(most):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
        if not level:
            return False
    return True
