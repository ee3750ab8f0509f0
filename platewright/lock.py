"""What one process has at a time: a file, and a folder to work in."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from platewright.errors import OutputError, os_errors_as

SCRATCH = (".platewright-", ".part")  #: How the name of a scratch folder begins and ends
FRESH_S = 60.0  #: For which a scratch folder that nobody holds may be about to be taken


def take(stream: IO[Any] | int) -> bool:
    """Lock an open file, or its handle; returns False where another process has."""
    try:
        import fcntl
    except ImportError:  # Windows, which forbids to open what is locked
        import msvcrt

        try:
            number = stream if isinstance(stream, int) else stream.fileno()
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def lock(path: Path, where: str) -> Iterator[None]:
    """Hold a lock file, which one process at a time can; it is gone when the process is.

    Args:
        path: of the file; its folder must be there.
        where: what a message calls that which is locked.

    Raises:
        OutputError: if another process holds it, or it can't be made.
    """
    while True:
        with os_errors_as(OutputError, path, "can't be written"):
            stream = path.open("a+", encoding="ascii")
        with stream:
            if not take(stream):
                stream.seek(0)
                who = stream.read().strip()
                raise OutputError(
                    f"{where}: another run writes there{who and f' (process {who})'}; wait for it "
                    "to end, or name another folder"
                )
            try:
                # Who held it may have removed the file between opening and taking it.
                own = os.path.samestat(os.fstat(stream.fileno()), path.stat())
            except FileNotFoundError:
                own = False
            if not own:
                continue
            try:
                with os_errors_as(OutputError, path, "can't be written"):
                    stream.truncate(0)
                    os.write(stream.fileno(), str(os.getpid()).encode())  # nothing is held back
                yield
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()
            return


@contextlib.contextmanager
def scratch_folder(where: Path | None = None) -> Iterator[Path]:
    """Give an empty folder that is gone afterwards; what killed processes left of theirs goes now.

    Each is locked as long as somebody works in it, which tells it from those that were left.

    Args:
        where: the folder that it is made in; None: the system's for temporary files.

    Raises:
        OSError: if it can't be made.
    """
    place = Path(tempfile.gettempdir()) if where is None else where
    for left in place.glob(f"{SCRATCH[0]}*{SCRATCH[1]}"):
        with contextlib.suppress(OSError), _taken_folder(left) as free:
            facts = left.stat()
            # One that was made just now may be locked in a moment.
            if free and facts.st_uid == os.geteuid() and facts.st_mtime < time.time() - FRESH_S:
                shutil.rmtree(left, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=SCRATCH[0], suffix=SCRATCH[1], dir=place) as folder,
        _taken_folder(Path(folder)),
    ):
        yield Path(folder)


@contextlib.contextmanager
def _taken_folder(path: Path) -> Iterator[bool]:
    """Lock a folder, and say whether that was done; systems that can't lock one say no."""
    if os.name != "posix":
        yield False
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield take(handle)
    finally:
        os.close(handle)
