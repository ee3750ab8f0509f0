"""The commands as a person runs them: in this process, or in one of their own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from platewright.command import run_command

ROOT = Path(__file__).resolve().parents[1]
Done = subprocess.CompletedProcess[str]
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 600.0


def run_here(folder: Path, script: str, *arguments: str) -> Done:
    """Run a root script's command in this process, which spares it the start of another.

    What it leaves behind in a process of its own, and what outlives it in this one (faces that were
    added, say) is for `run_process`.

    Args:
        folder: the working directory.
        script: as `gen.py`, at the root.
        arguments: of the command line.

    Returns:
        The exit code and what was said, as of a process.
    """
    out, err = io.StringIO(), io.StringIO()
    with as_before(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        os.chdir(folder)
        sys.argv = [str(ROOT / script), *arguments]
        try:
            run_command(Path(script).stem)
        except SystemExit as left:
            code = left.code or 0
    command = [sys.executable, str(ROOT / script), *arguments]
    return Done(command, int(code), out.getvalue(), err.getvalue())


def run_process(
    folder: Path, script: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Done:
    """Run a root script in a process of its own.

    Args:
        folder: the working directory.
        script: as `gen.py`, at the root.
        arguments: of the command line.
        environment: what its environment has besides this one's.
    """
    return subprocess.run(
        [sys.executable, str(ROOT / script), *arguments], cwd=folder, capture_output=True,
        text=True, env=os.environ | (environment or {}), timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def as_before() -> Iterator[None]:
    """Put back what a command changes of its process: folder, arguments, environment, signals."""
    folder, argv, environment = Path.cwd(), sys.argv, dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in HANDLED}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # they fail tests, but are no failure of a command
            for silent in (DeprecationWarning, ImportWarning, ResourceWarning):  # as Python does
                warnings.simplefilter("ignore", silent)
            yield
    finally:
        os.chdir(folder)
        sys.argv = argv
        os.environ.clear()
        os.environ.update(environment)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def wait_until(
    seen: Callable[[], object], process: subprocess.Popen[str] | None = None, pause_s: float = 0.05
) -> None:
    """Wait until something is seen; give up when its process ends, or after some minutes.

    Args:
        seen: asked over and over.
        process: what is to make it so.
        pause_s: between two questions.
    """
    for _ in range(int(PATIENCE_S / pause_s)):
        if seen():
            return
        if process is not None and process.poll() is not None:
            if seen():  # between the two questions
                return
            raise AssertionError(f"it ended by itself: {process.communicate()}")
        time.sleep(pause_s)
    raise AssertionError("waited in vain")


def caught(
    begin: Callable[[], subprocess.Popen[str]], done: Callable[[], int], most: int
) -> subprocess.Popen[str]:
    """Begin something anew until it could be stopped in its midst, and return it stopped.

    On a busy machine it may be over when what it does is seen. `SIGCONT` lets it go on.

    Args:
        done: how much of it is.
        most: how much may be done by then.
    """
    for _ in range(9):
        running = begin()
        wait_until(lambda: done() or running.poll() is not None, pause_s=0.01)  # noqa: B023
        assert done(), f"it ended by itself: {running.communicate()}"
        running.send_signal(signal.SIGSTOP)
        if running.poll() is None and done() <= most:
            return running
        running.kill()
        running.communicate()
    raise AssertionError("it is over whenever it is seen")


def below(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that these have, by /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
        if parent == pid:
            child = int(stat.parent.name)
            found += [child, *below(child)]
    return found


def gone(pid: int) -> bool:
    """Tell whether a process has ended, by /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
