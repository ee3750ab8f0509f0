"""A data set file by file or shard by shard: what a run must know of itself to go on."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from platewright.dataset.store import HIDDEN, LOCK, FolderStore, Store
from platewright.errors import OutputError
from platewright.pool import in_order
from platewright.progress import Progress

JOB = f"{HIDDEN}/job.json"
END = "end"
ALL = re.compile(r".*", re.S)  #: Whatever is in a folder
DONE = re.compile(r"(\d{5,})\.done")


class Manifest:
    """The books of one output."""

    def __init__(self, store: Store, where: str) -> None:
        self.store, self.where = store, where

    def check(
        self, settings: Mapping[str, Any], *, force: bool, ours: re.Pattern[str] = ALL
    ) -> bool:
        """Tell whether there is a data set of these settings to go on with.

        Args:
            settings: JSON values; the same ones give the same bytes.
            force: whatever is there will be replaced.
            ours: names that a data set may have in the output; others are no matter.

        Raises:
            OutputError: if the output holds something else, and `force` is off.
        """
        old = self._job()
        if force:
            return False
        if old is None:
            held = [n for n in self.store.names() if n != HIDDEN and ours.fullmatch(n)]
            if held and ours is not ALL:
                raise OutputError(
                    f"{self.where} holds {len(held)} drawn files: --force replaces them, or --out"
                )
            if held:
                raise OutputError(
                    f"{self.where} holds {min(held)} and no data set of shards: name another "
                    "--out, or --force to draw into it"
                )
        elif other := _difference(old, settings):
            raise OutputError(
                f"{self.where} holds the data set of another command ({other}): --force starts "
                "anew, or name another --out"
            )
        return old is not None

    def claim(
        self,
        settings: Mapping[str, Any],
        *,
        force: bool,
        ours: re.Pattern[str] = ALL,
        remove: re.Pattern[str] | None = None,
    ) -> None:
        """Begin a data set, or go on with one of the same settings.

        Args:
            settings: as in `check`.
            force: remove what an earlier run wrote, and begin anew.
            ours: as in `check`.
            remove: names in the output that go as well.

        Raises:
            OutputError: as `check`.
        """
        self.check(settings, force=force, ours=ours)
        if force:
            self.clear()
            if remove is not None:
                self.store.remove([n for n in self.store.names() if remove.fullmatch(n)])
        self.store.write(JOB, _packed(settings))

    def withdraw(self) -> None:
        """Give up a data set of which nothing is written, as if it had not been begun."""
        if {*self.store.names(HIDDEN)} - {LOCK} == {JOB.partition("/")[2]}:
            self.store.remove([JOB])

    def clear(self) -> None:
        """Remove what was written by the run of these books, and the books."""
        books = [name for name in self.store.names(HIDDEN) if name != LOCK]
        for name in (n for n in books if n.endswith(".files")):
            files = json.loads(self.store.read(f"{HIDDEN}/{name}") or b"[]")
            self.store.remove(f for f in files if ".." not in f.split("/") and f[:1] != "/")
        self.store.remove(f"{HIDDEN}/{name}" for name in books)

    def shards(self) -> set[int]:
        """Return the shards that are written."""
        found = (DONE.fullmatch(name) for name in self.store.names(HIDDEN))
        return {int(match[1]) for match in found if match}

    @property
    def ended(self) -> bool:
        """Whether the data set's own files are written as well: nothing is left to do."""
        return f"{END}.done" in self.store.names(HIDDEN)

    def announce(self, shard: int | None, files: Iterable[str]) -> None:
        """Note which files a shard (None: the end) is about to put into the data set."""
        self.store.write(f"{HIDDEN}/{_name(shard)}.files", _packed(sorted(files)))

    def mark(self, shard: int | None, lines: Mapping[str, Iterable[str]]) -> None:
        """Note that a shard (None: the end) is written.

        Args:
            lines: what its formats told for the end, by format.
        """
        for name, told in lines.items():
            data = "".join(f"{line}\n" for line in told).encode()
            self.store.write(f"{HIDDEN}/{_name(shard)}.{name}.lines", data)
        self.store.write(f"{HIDDEN}/{_name(shard)}.done", b"")

    def lines(self, name: str, shards: Iterable[int]) -> Iterator[str]:
        """Yield what a format told for the end, shard after shard.

        Raises:
            OutputError: if a shard's lines are not there.
        """
        for shard in shards:
            data = self.store.read(f"{HIDDEN}/{_name(shard)}.{name}.lines")
            if data is None:
                raise OutputError(
                    f"{self.where}: shard {shard} was written, but can't be seen from here: all "
                    "workers and this process must see the same output"
                )
            yield from data.decode().split("\n")[:-1]

    def tidy(self) -> None:
        """Remove the lines, once they are used."""
        books = self.store.names(HIDDEN)
        self.store.remove(f"{HIDDEN}/{name}" for name in books if name.endswith(".lines"))

    def _job(self) -> dict[str, Any] | None:
        data = self.store.read(JOB)
        if data is None:
            return None
        try:
            return dict(json.loads(data))
        except (ValueError, TypeError):
            raise OutputError(f"{self.where}/{JOB}: damaged; remove {self.where}") from None


def _name(shard: int | None) -> str:
    return END if shard is None else f"{shard:05d}"


def _packed(value: Any) -> bytes:
    return (json.dumps(value, indent=0, sort_keys=True, default=list) + "\n").encode()


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return the first settings that differ, in words; empty where none does."""
    new = json.loads(_packed(new))
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    told = [f"{key} {_short(old.get(key))}, not {_short(new.get(key))}" for key in keys[:3]]
    return "; ".join(told)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def draw_sequence(
    draw: Callable[[range], list[str]],
    count: int,
    listed: Path,
    settings: Mapping[str, Any],
    *,
    ours: re.Pattern[str],
    run: int = 1,
    workers: int = 1,
    force: bool = False,
) -> tuple[int, float]:
    """Draw files 0 to `count` - 1, or those that are missing.

    Args:
        draw: writes some files in a row and returns a line of each, a JSON object with its name as
            `file`.
        listed: the list that the lines go to, in the folder of the files.
        settings: what decides about the bytes, JSON values.
        ours: names of what a run writes there.
        run: how many in a row one process writes at a time.
        workers: processes; 1 draws in this one.
        force: begin anew in place of what an earlier run wrote.

    Returns:
        How many were there, and how many were drawn in a second.

    Raises:
        OutputError: if the folder holds something else, another run is at it, or a file can't be
            written.
        EngineError: if a worker dies.
    """
    store = FolderStore(listed.parent)
    manifest = Manifest(store, str(listed.parent))
    with store.locked():
        manifest.claim(settings, force=force, ours=ours, remove=ours)
        there = min(whole_lines(listed), count)
        with (
            Progress(count, there) as progress,
            listed.open("a", encoding="utf-8", buffering=1) as lines,
        ):
            for told in in_order(draw, runs(range(there, count), run), workers):
                lines.write("".join(f"{line}\n" for line in told))
                progress.add(len(told))
            return there, progress.rate


def runs(indices: range, size: int) -> Iterator[range]:
    """Yield what is drawn at a time: what shares something shares it however often one stops.

    >>> [(run.start, run.stop) for run in runs(range(3, 10), 4)]
    [(3, 4), (4, 8), (8, 10)]
    """
    first = indices.start
    while first < indices.stop:
        stop = min((first // size + 1) * size, indices.stop)
        yield range(first, stop)
        first = stop


def whole_lines(path: Path) -> int:
    """Return how many lines of a list are whole, and take from it what follows them.

    Raises:
        OutputError: if a file that a line tells of is gone.
    """
    if not path.is_file():
        return 0
    count = at = 0
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            try:
                name = json.loads(line)["file"]
            except (ValueError, KeyError, TypeError):
                raise OutputError(
                    f"{path}: line {count + 1} is damaged: --force begins anew"
                ) from None
            if not (path.parent / name).is_file():
                raise OutputError(f"{path.parent / name} is gone: --force begins anew")
            count, at = count + 1, at + len(line)
    if at < path.stat().st_size:
        os.truncate(path, at)
    return count
