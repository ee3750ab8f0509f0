"""What a user can cause: one class per kind, printed by the scripts in one line."""

import atexit
import gc
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platewright.limit import goes_on

TRACE = "PLATEWRIGHT_TRACEBACK"
ENDING = ("SIGTERM", "SIGHUP")
LONGEST = 1200  #: Characters of an error's line, about
PACKAGE = Path(__file__).resolve().parent


def printable(text: str) -> str:
    r"""Return a text as a terminal may have it: what is not to be seen is escaped.

    File names may hold line breaks, bytes that are no text, and what terminals take for commands.

    >>> printable("a\x1b[2J\n\udcff é")
    'a\\x1b[2J\\n\\udcff é'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def counted(number: int, what: str) -> str:
    """Return how many there are of something.

    >>> counted(1, "plate"), counted(0, "plate")
    ('1 plate', '0 plates')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def as_installed(text: str) -> str:
    """Return a text that tells commands as they are called here, and what is to be installed.

    Scripts and lists of requirements lie in a checkout alone: where `platewright NAME` is called,
    or the package is installed without one, it names these.
    """
    if not (Path(sys.argv[0]).name.split(" ")[0] == "platewright" or (PACKAGE / "_data").is_dir()):
        return text
    names = "|".join(path.stem for path in (PACKAGE / "command").glob("[a-z]*.py"))
    text = re.sub(rf"(?<![\w./-])(?:python )?({names})\.py(?![\w:])", r"platewright \1", text)
    return re.sub(r"-r requirements-(\w+)\.txt", r"'platewright[\1]'", text)


def pace(rate: float) -> str:
    """Return how many were done in a second.

    >>> pace(1976.4), pace(0.42)
    ('1976 a second', '0.4 a second')
    """
    return f"{rate:.{0 if rate >= 10 else 1}f} a second"


class PlatewrightError(Exception):
    """Something a user can cause and mend; its text is one line: what, where, what to do.

    Attributes:
        exit_code: 1 when the work failed, 2 when the arguments are off.
    """

    exit_code = 1

    def __str__(self) -> str:
        told = as_installed(printable(super().__str__()))
        # What was given stands in it as a rule, and may be as long as its file.
        return (
            told if len(told) <= LONGEST else f"{told[: LONGEST // 2]} ... {told[-LONGEST // 3 :]}"
        )


class ConfigError(PlatewrightError):
    """A setting or an argument that can't be used."""

    exit_code = 2


class ArchiveError(PlatewrightError):
    """An archive of photos that can't be read."""


class ImageError(PlatewrightError):
    """A picture that can't be read or is too large."""


class FontError(PlatewrightError):
    """A face that can't be read or lacks glyphs."""


class RegionError(ConfigError):
    """A region file that can't be used."""


class DatasetError(PlatewrightError):
    """A data set or a label file that can't be read."""


class EngineError(PlatewrightError):
    """Processes or machines that don't do their part of the work."""


class ResourceError(PlatewrightError):
    """A file that the program ships, and that is missing."""


class ServiceError(PlatewrightError):
    """A service that can't be reached, refuses, or answers something else."""


class VideoError(PlatewrightError):
    """A video, a camera or a stream that can't be read."""


class WeightsError(PlatewrightError):
    """Weights that can't be read or don't fit the network."""


class OutputError(PlatewrightError):
    """A result that can't be written: it exists already, or the disk is full."""


@contextmanager
def os_errors_as(
    kind: type[PlatewrightError], where: object, what: str = "can't be read"
) -> Iterator[None]:
    """Turn what the system refuses in a `with` block into an error of ours: `WHERE: WHAT: why`."""
    try:
        yield
    except OSError as error:
        raise kind(f"{where}: {what}: {error.strerror or error}") from error


def run_script(
    main: Callable[[], int | None], name: str, *, after_failure: Callable[[], None] = lambda: None
) -> None:
    """Run a script's `main` and leave the process with its exit code.

    What ends it from outside (`kill`, a closed terminal) does as Ctrl-C does, so that what was done
    until then is kept.

    Args:
        main: the script's story; returns None or 0 when done, another exit code otherwise.
        name: the script's name, put before the message of an error.
        after_failure: is called where the exit code is not 0.
    """
    code = 1

    def end() -> None:
        gc.freeze()  # it all goes with the process: none of it is looked through for cycles
        if goes_on():
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)

    atexit.register(end)
    _open_closed()
    if threading.current_thread() is threading.main_thread():
        for number in filter(None, (getattr(signal, each, None) for each in ENDING)):
            if signal.getsignal(number) == signal.SIG_DFL:  # and not ignored, as by nohup
                signal.signal(number, _interrupt)
    try:
        code = main() or 0
    except PlatewrightError as error:
        print(f"{name}: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt as stop:
        code = _stopped(name, stop)
    except BrokenPipeError:
        code = 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{name}: {printable(f'{where}{error.strerror or error}')}", file=sys.stderr)
        code = 1
    except MemoryError:
        print(f"{name}: not enough memory for this; give less at a time", file=sys.stderr)
        code = 1
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # while a library was loaded
            code = _stopped(name, error.__cause__)
        elif os.environ.get(TRACE):
            raise
        else:
            told = printable(" ".join(f"{type(error).__name__}: {error}".split()))[:300]
            print(f"{name}: {told} ({TRACE}=1 tells where)", file=sys.stderr)
            code = 1
    if code:
        after_failure()
    sys.exit(code)


def _stopped(name: str, stop: KeyboardInterrupt) -> int:
    """Say that a script was stopped; returns the exit code."""
    print(f"{name}: stopped", file=sys.stderr)
    return 128 + int((*stop.args, signal.SIGINT)[0])


def _open_closed() -> None:
    """Open what a program is started with where it is closed (`>&-`), on nothing.

    The next files opened would else be these: what libraries remark would go into a result.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _interrupt(number: int, _: object) -> None:
    raise KeyboardInterrupt(number)
