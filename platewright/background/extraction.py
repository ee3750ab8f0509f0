"""Backgrounds: squares cut out of an archive's photos, and the folder that keeps them.

One process reads the archive, passes over what it has seen before, numbers and writes; others
decode and cut. Results are taken in the archive's order, so that the numbers have no gap and the
number of processes never changes a byte.
"""

import contextlib
import functools
import hashlib
import json
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from platewright.background.archive import Archive
from platewright.background.photo import Crop, cut_photo, quiet_decoders
from platewright.errors import ArchiveError, ConfigError, OutputError
from platewright.file import make_folder, write_file
from platewright.lock import lock
from platewright.pool import in_order

STATE, LOCK = "extract.json", ".lock"
SAVE_EVERY = 200
# What goes to another process at a time.
BATCH_FILES = 16
BATCH_BYTES = 1 << 20
OURS = re.compile(r"\d{8}\.jpg")


@dataclass
class _Item:
    """A file on its way: its content becomes a JPEG, or there is a reason why not."""

    index: int
    data: bytes
    reason: str
    passed: Counter[str]


@dataclass
class Extraction:
    """How far an extraction has come; kept beside the backgrounds."""

    archive: str  #: name, size and digest of the archive
    crop: str  #: the settings, JSON
    seen: int  #: regular files looked at
    written: int  #: backgrounds written
    skipped: Counter[str]  #: files looked at and passed over, by reason
    passed: Counter[str]  #: entries of the archive that were not even looked at, by reason
    done: bool = False  #: whether the archive was read to its end

    def save(self, folder: Path) -> None:
        """Write the state beside the backgrounds."""
        write_file(folder / STATE, (json.dumps(vars(self)) + "\n").encode())


def begin(archive: Archive, crop: Crop, folder: Path, *, force: bool) -> Extraction:
    """Return the state to go on from, or a fresh one.

    Raises:
        ConfigError: if the folder holds another archive's backgrounds or other settings'.
        OutputError: if it holds backgrounds that no extraction wrote, or another run is at it.
    """
    name = f"{archive.path.name} {archive.size} {archive.digest}"
    fresh = Extraction(name, json.dumps(asdict(crop)), 0, 0, Counter(), Counter())
    make_folder(folder)
    with lock(folder / LOCK, str(folder)):
        return _claim(archive, fresh, folder, force=force)


def _claim(archive: Archive, fresh: Extraction, folder: Path, *, force: bool) -> Extraction:
    """Return the state to go on from in a folder that is nobody else's meanwhile."""
    state = folder / STATE
    ours = {path.name for path in folder.iterdir() if OURS.fullmatch(path.name)}
    if force:
        for path in (state, *(folder / name for name in ours)):
            path.unlink(missing_ok=True)
        return fresh
    if not state.exists():
        if ours:
            raise OutputError(
                f"{folder} holds {len(ours)} other pictures: --force replaces them, or --out"
            )
        return fresh
    try:
        values = json.loads(state.read_text())
        counters = {k: Counter(values[k]) for k in ("skipped", "passed")}
        kept = Extraction(**values | counters)
        counts = [kept.seen, kept.written, *kept.skipped.values(), *kept.passed.values()]
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise TypeError
    except (OSError, ValueError, TypeError, KeyError):
        raise ConfigError(f"{state} can't be read: --force begins anew") from None
    if kept.done and not kept.written:
        return fresh
    if (kept.archive, kept.crop) != (fresh.archive, fresh.crop):
        raise ConfigError(
            f"{folder} was made from {str(kept.archive).rsplit(' ', 2)[0]} with {kept.crop}, not "
            f"from {archive.path.name} with {fresh.crop}: --force replaces it, or choose another "
            "--out"
        )
    for number in range(kept.written):
        if f"{number:08d}.jpg" not in ours:
            raise OutputError(f"{folder}/{number:08d}.jpg is gone: --force begins anew")
    return kept


def extract(
    archive: Archive,
    folder: Path,
    crop: Crop,
    state: Extraction,
    *,
    workers: int = 1,
    limit: int | None = None,
    report: Callable[[Extraction, int], None] = lambda state, position: None,
) -> None:
    """Write backgrounds `%08d.jpg` with contiguous numbers; the state is saved whatever happens.

    Args:
        state: of `begin`; brought forward.
        workers: processes that decode; they never change the bytes.
        limit: backgrounds in all at most.
        report: called every few files with the state and the packed bytes read.

    Raises:
        ArchiveError: where the archive is damaged; what came before is written. If there is not one
            usable photo in it; nothing of the run stays then.
        OutputError: if a background can't be written.
        EngineError: if a process dies.
    """
    if state.done or (limit is not None and state.written >= limit):
        return
    with lock(folder / LOCK, str(folder)):
        _extract(archive, folder, crop, state, workers=workers, limit=limit, report=report)
        if state.done and not state.written:
            (folder / STATE).unlink(missing_ok=True)
    if state.done and not state.written:
        with contextlib.suppress(OSError):  # it holds something else
            folder.rmdir()
        raise ArchiveError(f"{archive.path}: no photo in it that can be used; nothing was written")


def _extract(
    archive: Archive,
    folder: Path,
    crop: Crop,
    state: Extraction,
    *,
    workers: int,
    limit: int | None,
    report: Callable[[Extraction, int], None],
) -> None:
    """Extract into a folder that is nobody else's meanwhile."""
    # At once, so that a run killed soon after knows its pictures for its own.
    state.save(folder)
    saved = state.seen
    try:
        for items in in_order(
            functools.partial(_cut_batch, crop), _batches(archive, state.seen), workers
        ):
            with _undisturbed():
                for item in items:
                    if item.reason:
                        state.skipped[item.reason] += 1
                    else:
                        write_file(folder / f"{state.written:08d}.jpg", item.data)
                        state.written += 1
                    state.seen, state.passed = item.index + 1, item.passed
                    if state.written == limit:
                        return
            if state.seen - saved >= SAVE_EVERY:
                state.save(folder)
                saved = state.seen
            report(state, archive.position)
        state.passed = Counter(archive.skipped)
        state.done = True
    finally:
        with _undisturbed():
            state.save(folder)


def _batches(archive: Archive, first_new: int) -> Iterator[list[_Item]]:
    """Yield the archive's files from number `first_new` on, some at a time."""
    # 8 bytes of each file: two different ones among a million are taken for the same with a
    # probability of 3e-8.
    digests: set[bytes] = set()
    items: list[_Item] = []
    num_bytes = 0
    passed: Counter[str] = Counter()
    try:
        for member in archive:
            digest = hashlib.blake2b(member.data, digest_size=8).digest()
            twin = bool(member.data) and digest in digests
            digests.add(digest)
            if member.index < first_new:
                continue
            if passed.total() != archive.skipped.total():
                passed = Counter(archive.skipped)
            data, reason = (b"", "seen before") if twin else (member.data, "")
            items.append(_Item(member.index, data, reason, passed))
            num_bytes += len(data)
            if len(items) == BATCH_FILES or num_bytes >= BATCH_BYTES:
                yield items
                items, num_bytes = [], 0
    except ArchiveError:
        # What was taken out before the damage is still worth keeping.
        yield items
        raise
    yield items


def _cut_batch(crop: Crop, items: list[_Item]) -> list[_Item]:
    """Turn files into squares."""
    with quiet_decoders():
        for item in items:
            if not item.reason:
                item.data, item.reason = cut_photo(item.data, item.index, crop)
    return items


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block: half of a write would leave a file behind."""
    came: list[int] = []
    numbers = signal.SIGINT, signal.SIGTERM
    before = [signal.signal(number, lambda n, _: came.append(n)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt(came[0])
