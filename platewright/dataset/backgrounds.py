"""Backgrounds: squares cut out of an archive's photos, and the folder that keeps them."""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from platewright.dataset.archive import Archive, Member
from platewright.errors import ConfigError, ImageError, OutputError
from platewright.file import make_folder, write_file
from platewright.image import decode_image

__all__ = ["Crop", "Extraction", "begin", "cut_square", "extract", "load_backgrounds"]

Picture = NDArray[np.uint8]

STATE = "extract.json"
MAX_PIXELS = 100_000_000
SMALLEST = 32
QUALITY = 92
SAVE_EVERY = 200
SPARE = 2
"""A JPEG decoded at reduced size keeps so many times the pixels that the square needs."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """How a photo becomes a background.

    Attributes:
        size: side of the square, pixels.
        where: `center` or `random`.
        grey: one channel instead of three.
        seed: of the random places; photo i of the archive always gets the same one.
    """

    size: int = 256
    where: str = "center"
    grey: bool = False
    seed: int = 0


@dataclass
class Extraction:
    """How far an extraction has come; kept beside the backgrounds.

    Attributes:
        archive: name and size of the archive.
        crop: the settings, JSON.
        seen: regular files looked at.
        written: backgrounds written.
        skipped: files looked at and passed over, by reason.
        passed: entries of the archive that were not even looked at, by reason.
        done: whether the archive was read to its end.
    """

    archive: str
    crop: str
    seen: int
    written: int
    skipped: Counter[str]
    passed: Counter[str]
    done: bool = False

    def save(self, folder: Path) -> None:
        """Write the state beside the backgrounds."""
        write_file(folder / STATE, (json.dumps(vars(self)) + "\n").encode())


def begin(archive: Archive, crop: Crop, folder: Path, *, force: bool) -> Extraction:
    """Return the state to go on from, or a fresh one.

    Raises:
        ConfigError: if the folder holds another archive's backgrounds or other settings'.
        OutputError: if it holds backgrounds that no extraction wrote.
    """
    name, settings = f"{archive.path.name} {archive.size}", json.dumps(asdict(crop))
    fresh = Extraction(name, settings, 0, 0, Counter(), Counter())
    make_folder(folder)
    state = folder / STATE
    if force:
        for path in (state, *folder.glob("[0-9]*.jpg")):
            path.unlink(missing_ok=True)
    if not state.exists():
        if any(folder.glob("[0-9]*.jpg")):
            raise OutputError(f"{folder} holds other pictures: --force replaces them, or --out")
        return fresh
    try:
        values = json.loads(state.read_text())
        counters = {k: Counter(values[k]) for k in ("skipped", "passed")}
        kept = Extraction(**values | counters)
    except (OSError, ValueError, TypeError, KeyError):
        raise ConfigError(f"{state} can't be read: --force begins anew") from None
    if (kept.archive, kept.crop) != (fresh.archive, fresh.crop):
        raise ConfigError(
            f"{folder} was made from {kept.archive.split()[0]} with {kept.crop}: "
            "--force replaces it, or choose another --out"
        )
    return kept


def cut_square(image: Picture, crop: Crop, index: int) -> Picture:
    """Cut a photo's largest square and scale it.

    Args:
        image: (H, W, 3) RGB.
        crop: where and how large.
        index: the photo's place in the archive; seeds a random place.

    Returns:
        (size, size) grey or (size, size, 3) RGB.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    if crop.where == "random":
        rng = np.random.default_rng([crop.seed, index])
        top, left = round(rng.random() * (height - side)), round(rng.random() * (width - side))
    square = image[top : top + side, left : left + side]
    how = cv2.INTER_AREA if side >= crop.size else cv2.INTER_CUBIC
    scaled = cv2.resize(square, (crop.size, crop.size), interpolation=how)
    if crop.grey:
        scaled = cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY)
    return np.asarray(scaled, np.uint8)


def _make(member: Member, crop: Crop) -> bytes | str:
    """Return a background as JPEG bytes, or why there is none."""
    try:
        image = decode_image(
            io.BytesIO(member.data), member.name, max_pixels=MAX_PIXELS, short_side=SPARE * crop.size
        )
    except ImageError as error:
        text = str(error)
        if "no picture" in text or "HEIC" in text:
            return "no picture"
        if "empty" in text:
            return "empty"
        return "too many pixels" if "megapixels" in text else "damaged"
    if 2 * min(image.shape[:2]) < crop.size:
        return "too small"
    square = cut_square(image, crop, member.index)
    if not crop.grey:
        square = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2BGR), np.uint8)
    _, packed = cv2.imencode(".jpg", square, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return packed.tobytes()


def _in_order(
    make: Callable[[Member], bytes | str], members: Iterable[Member], workers: int
) -> Iterator[tuple[Member, bytes | str]]:
    """Map over members in order; a bounded number is on its way, so memory stays flat."""
    if workers <= 1:
        for member in members:
            yield member, make(member)
        return
    waiting: deque[tuple[Member, Future[bytes | str]]] = deque()
    with ProcessPoolExecutor(workers, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        try:
            for member in members:
                waiting.append((Member(member.index, member.name, b""), pool.submit(make, member)))
                while len(waiting) > 4 * workers or (waiting and waiting[0][1].done()):
                    first, future = waiting.popleft()
                    yield first, future.result()
        except BaseException as error:
            if not isinstance(error, Exception) or isinstance(error, OutputError):
                pool.shutdown(cancel_futures=True)
                raise
            # a damaged archive: what was taken out before is still worth keeping
            for first, future in waiting:
                yield first, future.result()
            raise
        for first, future in waiting:
            yield first, future.result()


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
        archive: what to read.
        folder: where they go.
        crop: how they are cut.
        state: of `begin`; brought forward.
        workers: processes that decode; they never change the bytes.
        limit: backgrounds in all at most.
        report: called after every file with the state and the packed bytes read.

    Raises:
        ArchiveError: where the archive is damaged; what came before is written.
        OutputError: if a background can't be written.
    """
    first_new = state.seen
    digests: set[bytes] = set()
    twins: set[int] = set()

    def fresh() -> Iterator[Member]:
        for member in archive:
            digest = hashlib.blake2b(member.data, digest_size=12).digest()
            twin = digest in digests
            digests.add(digest)
            if member.index < first_new:
                continue
            if twin:
                twins.add(member.index)
                yield Member(member.index, member.name, b"")
            else:
                yield member

    make = functools.partial(_make, crop=crop)
    try:
        if limit is not None and state.written >= limit:
            return
        for member, made in _in_order(make, fresh(), workers):
            if isinstance(made, bytes):
                write_file(folder / f"{state.written:08d}.jpg", made)
                state.written += 1
            else:
                reason = "seen before" if member.index in twins else made
                state.skipped[reason] += 1
            state.seen = member.index + 1
            state.passed = Counter(archive.skipped)
            if state.seen % SAVE_EVERY == 0:
                state.save(folder)
            report(state, archive.position)
            if limit is not None and state.written >= limit:
                return
        state.passed = Counter(archive.skipped)
        state.done = True
    finally:
        state.save(folder)


def load_backgrounds(folder: Path, *, limit: int | None = None, grey: bool = True) -> list[Picture]:
    """Read a folder of backgrounds.

    Args:
        folder: of `.jpg` files; ones that are unreadable or under 32 pixels are passed over.
        limit: the first so many only.
        grey: (H, W) instead of (H, W, 3) RGB.
    """
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
    pictures = (cv2.imread(str(file), how) for file in sorted(folder.glob("*.jpg"))[:limit])
    return [
        np.asarray(p, np.uint8) for p in pictures if p is not None and min(p.shape[:2]) >= SMALLEST
    ]
