"""The package as a library: pictures read, drawn on and redacted; scenes drawn."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from platewright.errors import ConfigError, ImageError
from platewright.generation.job import draw_sample, make_job
from platewright.geometry import Picture
from platewright.image import as_rgb, read_picture
from platewright.output.annotation import annotate
from platewright.output.batch import list_images
from platewright.output.photo import PhotoReadings, each_of
from platewright.output.redaction import redact, redaction_settings
from platewright.pool import in_order, usual_workers
from platewright.reading.acceptance import Shown
from platewright.reading.choice import load_detector
from platewright.reading.folder import timed_readings
from platewright.reading.settings import DetectorSettings
from platewright.record import Reading, SceneRecord
from platewright.region import load_region
from platewright.resource import bundled
from platewright.synth.face import require_ink

__all__ = ["Detector", "Picture", "Scene", "Source", "draw", "read"]

Source = str | os.PathLike[str] | bytes | BinaryIO | Picture | Image.Image
"""A path, a file's bytes, an open file, an array uint8 (H, W, 3) RGB or (H, W) grey, or a PIL
picture."""
Regions = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""Codes such as `GB`, or paths of `.toml` files: one, several with commas between, or a list."""

_LOCK = threading.Lock()
_SHARED: dict[tuple[str, ...], Detector] = {}
_KEPT = 32
"""Detectors of `read`: one for each choice of regions, all of them with the same networks."""


class Scene(NamedTuple):
    """A drawn picture, and what is in it.

    Attributes:
        picture: uint8 (H, W, 3) RGB.
        record: texts, quads, boxes and characters of its plates, and how they were drawn.
    """

    picture: Picture
    record: SceneRecord

    def __repr__(self) -> str:
        height, width = self.picture.shape[:2]
        texts = [plate.text for plate in self.record.plates]
        return f"Scene(picture={width}x{height}, texts={texts})"


class Detector:
    """Finds and reads plates. It keeps its networks, and threads may share it.

    Args:
        weights: `.onnx` or `.npz` of the default network; None: the bundled ones.
        regions: codes such as `GB`, or paths of `.toml` files; texts are to fit their syntaxes.
        reader: another network for reading, or several with `+` between them, as `--reader` of
            `platewright detect`; empty: what goes with the weights.
        threads: of the networks; 0: one for each core, and 4 at most.
        beams: texts that a reader's search follows at once.
        min_height: px, of the smallest plate looked for; None: by the picture's size.
        min_presence: least presence of a reading, 0-1; None: 0.8, so that nine in ten are plates.
        min_confidence: least confidence of a text, 0-1; None: 0.15, to the same end.
        everything: return what is no plate most likely as well.
        accept: confidence from which on a reading counts as accepted, 0-1; None: as calibrated.

    Raises:
        WeightsError: if weights can't be used.
        RegionError: if there is no such region.
        ConfigError: if there is no such reader, or a number is out of its range.
        ResourceError: if files are missing that belong to the program.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = None,
        *,
        regions: Regions | None = (),
        reader: str = "",
        threads: int = 0,
        beams: int = 8,
        min_height: float | None = None,
        min_presence: float | None = None,
        min_confidence: float | None = None,
        everything: bool = False,
        accept: float | None = None,
    ) -> None:
        _check("threads", threads, 0, 256, whole=True)
        _check("beams", beams, 1, 64, whole=True)
        _check("min_height", min_height, 0, 1e4)
        for name, value in (
            ("min_presence", min_presence), ("min_confidence", min_confidence), ("accept", accept)
        ):  # fmt: skip
            _check(name, value, 0, 1)
        self._given: dict[str, Any] = {
            "reader": reader, "threads": threads, "beams": beams, "min_height": min_height,
            "min_presence": min_presence, "min_confidence": min_confidence,
            "everything": everything, "accept": accept,
        }  # fmt: skip
        self.weights = bundled("weights.onnx") if weights is None else Path(weights)
        self.regions = _codes(regions)
        self._threads = threads or min(usual_workers(), 4)
        self._shown = Shown.of(
            everything=everything, presence=min_presence, confidence=min_confidence
        )
        names = ("min_height", "min_presence", "accept")
        chosen = {n: self._given[n] for n in names if self._given[n] is not None}
        settings = DetectorSettings(regions=self.regions, **chosen)
        self._detector = load_detector(
            self.weights, settings, reader=reader, threads=self._threads, beams=beams
        )
        self._lock = threading.Lock()
        self._hiding: Any = None

    def __repr__(self) -> str:
        return f"Detector({str(self.weights)!r}, regions={list(self.regions)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Let other processes have one like it; they load the networks themselves."""
        return partial(type(self), self.weights, regions=self.regions, **self._given), ()

    def read(self, picture: Source) -> list[Reading]:
        """Find and read the plates of a picture.

        Args:
            picture: a path, a file's bytes, an open file, an array uint8 (H, W, 3) RGB or (H, W)
                grey, or a PIL picture.

        Returns:
            Readings, best first; quads in pixels of the picture as it is shown.

        Raises:
            ImageError: if it is no picture that can be read.
        """
        return list(filter(self._shown, self._detector.read(read_picture(picture))))

    def read_many(
        self,
        pictures: str | os.PathLike[str] | Iterable[Source],
        *,
        workers: int = 1,
        on_error: Callable[[ImageError], object] | None = None,
    ) -> Iterator[PhotoReadings]:
        """Read pictures one after the other, and yield what is in each as soon as it is read.

        Args:
            pictures: a folder of photos, with the folders in it, or pictures as `read` takes them.
            workers: pictures that are read at a time, each in a thread.
            on_error: is told of a picture that can't be read, which is passed over; None: the
                first one ends it.

        Yields:
            The readings of each picture, in order, with its name and size.

        Raises:
            ImageError: if a folder holds no photo, or what is given is one picture; if a picture
                can't be read, without `on_error`.
            ConfigError: if `workers` is out of its range.
        """
        _check("workers", workers, 1, 256, whole=True)
        sources: Any = pictures
        if isinstance(pictures, (str, os.PathLike)):
            if Path(pictures).is_file():
                raise ImageError(f"{pictures}: a file, no folder: give it to `read`, or in a list")
            sources = list_images(Path(pictures), deep=True)
        elif not isinstance(pictures, Iterable) or _is_one(pictures):
            kind = type(pictures).__name__
            raise ImageError(f"{kind}: no folder and no list of pictures; `read` takes one picture")
        return self._read_all(sources, workers, on_error)

    def _read_all(
        self,
        sources: Iterable[Source],
        workers: int,
        on_error: Callable[[ImageError], object] | None,
    ) -> Iterator[PhotoReadings]:
        """Read pictures; see `read_many`, which looks over what it was given at once."""

        def read(numbered: tuple[int, Source]) -> PhotoReadings | ImageError:
            try:
                return self._read_photo(*numbered)
            except ImageError as error:
                return error

        for found in in_order(read, enumerate(sources), workers, threads=True):
            if not isinstance(found, ImageError):
                yield found
            elif on_error is None:
                raise found
            else:
                on_error(found)

    def annotate(self, picture: Source, readings: Iterable[Reading] | None = None) -> Picture:
        """Return a picture with readings drawn on it, uint8 (H, W, 3) RGB.

        Args:
            picture: as `read` takes it.
            readings: of the picture; None: it is read first.

        Raises:
            ImageError: if it is no picture that can be read.
            TypeError: if these are no readings.
        """
        image = read_picture(picture)
        if readings is None:
            return annotate(image, self.read(image))
        return annotate(image, list(each_of(readings, "readings of one picture", Reading)))

    def redact(self, picture: Source) -> Picture:
        """Return a picture with all its plates hidden beyond recovery, uint8 (H, W, 3) RGB.

        It rather hides too much than too little, whatever the detector's own thresholds.

        Args:
            picture: as `read` takes it.

        Raises:
            ImageError: if it is no picture that can be read.
        """
        return as_rgb(redact(read_picture(picture), self._hider())[0])

    def _read_photo(self, number: int, source: Source) -> PhotoReadings:
        name = str(source) if isinstance(source, (str, os.PathLike)) else str(number)
        return timed_readings(self._detector, read_picture(source), name).only(self._shown)

    def _hider(self) -> Any:
        """Return the detector that finds what is hidden, loaded when it is first needed."""
        with self._lock:
            if self._hiding is None:
                settings = DetectorSettings(**redaction_settings())
                self._hiding = load_detector(
                    self.weights, settings, reader="line", threads=self._threads
                )
            return self._hiding

    def _bound_to(self, regions: tuple[str, ...]) -> Detector:
        """Return a detector with the same networks that reads texts of some regions."""
        other = object.__new__(type(self))
        other.__dict__ |= self.__dict__
        other.regions = regions
        other._detector = self._detector.with_settings(regions=regions)
        return other


def read(picture: Source, *, regions: Regions | None = ()) -> list[Reading]:
    """Find and read the plates of a picture with the bundled networks, which stay loaded.

    Args:
        picture: a path, a file's bytes, an open file, an array uint8 (H, W, 3) RGB or (H, W)
            grey, or a PIL picture.
        regions: as of `Detector`.

    Returns:
        Readings, best first; quads in pixels of the picture as it is shown.

    Raises:
        ImageError: if it is no picture that can be read.
        RegionError: if there is no such region.
    """
    codes = _codes(regions)
    with _LOCK:
        if () not in _SHARED:
            _SHARED[()] = Detector()
        if codes not in _SHARED:
            if len(_SHARED) > _KEPT:
                del _SHARED[[*_SHARED][1]]
            _SHARED[codes] = _SHARED[()]._bound_to(codes)
        detector = _SHARED[codes]
    return detector.read(picture)


def draw(
    region: Regions | None = (),
    seed: int = 0,
    *,
    index: int = 0,
    size: tuple[int, int] = (480, 640),
    backgrounds: str | os.PathLike[str] | None = None,
    preset: str = "",
) -> Scene:
    """Draw a scene with plates: picture `index` of `platewright gen --scenes` with that seed.

    Args:
        region: codes such as `DE`, or paths of `.toml` files; none: all, by their weights.
        seed: of a data set.
        index: of a picture in it.
        size: (height, width) in pixels.
        backgrounds: folder of `.jpg` photos without plates; None: backgrounds are drawn.
        preset: how drawings vary: gate, street, night, phone; empty: all of it.

    Raises:
        RegionError: if there is no such region.
        FontError: if no face has ink for one of its characters.
        ConfigError: if seed, index or size are out of their range, or the folder holds no photo.
    """
    for name, value, high in (("seed", seed, 1 << 63), ("index", index, 1 << 63)):
        _check(name, value, 0, high, whole=True)
    try:
        height, width = size
    except (TypeError, ValueError):
        raise ConfigError(f"size {size!r}: give (height, width)") from None
    for value in (height, width):
        _check("size", value, 16, 8192, whole=True)
    codes = _codes(region)
    require_ink([load_region(code) for code in codes])
    folder = None if backgrounds is None else Path(backgrounds).absolute()
    if folder is not None and not any(folder.glob("*.jpg")):
        raise ConfigError(
            f"{backgrounds}: no folder with .jpg photos; without one backgrounds are drawn"
        )
    job = make_job(
        seed=seed, regions=codes, size=(height, width), backgrounds=folder, preset=preset
    )
    sample = draw_sample(job, index)
    return Scene(sample.image, sample.record)


def _check(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    """Raise `ConfigError` where a number that is given is none, or out of its range."""
    kind = int | np.integer if whole else int | float | np.integer | np.floating
    if value is None and not whole:
        return
    if not (isinstance(value, kind) and low <= value <= high):
        raise ConfigError(f"{name} {value!r}: give a number from {low:g} to {high:g}")


def _is_one(given: object) -> bool:
    """Tell what is one picture from what holds several, though one can go through either."""
    if isinstance(given, np.ndarray):
        return given.ndim != 4
    kinds = (bytes, bytearray, memoryview, Image.Image)
    return isinstance(given, kinds) or hasattr(given, "read")


def _codes(regions: Regions | None) -> tuple[str, ...]:
    """Return codes in capitals, paths of files as they are."""
    listed: Iterable[Any] = ()
    if isinstance(regions, str):
        listed = regions.split(",")
    elif isinstance(regions, os.PathLike):
        listed = [regions]
    elif regions is not None:
        listed = list(regions) if isinstance(regions, Iterable) else [regions]
    if not all(isinstance(one, (str, os.PathLike)) for one in listed):
        raise ConfigError(f"regions {regions!r}: give codes such as 'GB', or paths of .toml files")
    stripped = (str(one).strip() for one in listed)
    return tuple(one if one.endswith(".toml") else one.upper() for one in stripped if one)
