"""A batch of photos to read: which they are, and where what comes of each goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from platewright.errors import ConfigError, ImageError, OutputError
from platewright.file import make_folder
from platewright.image import READ_SUFFIXES, WRITE_SUFFIXES

__all__ = ["Batch", "Job", "list_images", "plan_batch"]

LINES_NAME = "readings.jsonl"


@dataclass(frozen=True)
class Job:
    """One photo of a batch.

    Attributes:
        photo: the file.
        name: what results call it: as the user gave it, or its name in the folder given.
        picture: where the annotated picture goes; None: nowhere.
    """

    photo: Path
    name: str
    picture: Path | None


@dataclass(frozen=True)
class Batch:
    """What is to be done.

    Attributes:
        jobs: the photos, in the order they are read in.
        lines: where the JSON lines go; None: nowhere.
        several: whether one bad photo is to be passed over.
    """

    jobs: tuple[Job, ...]
    lines: Path | None
    several: bool


def plan_batch(
    inputs: Sequence[Path],
    output: Path | None,
    *,
    force: bool,
    further: Sequence[Path] = (),
) -> Batch:
    """Work out what is read and written, and make the output's folder.

    Args:
        inputs: photos and folders of photos.
        output: a picture for one photo, or a folder; None: nothing is drawn.
        force: whether results may be overwritten; photos never are.
        further: other files that are going to be written.

    Raises:
        ConfigError: if the arguments do not fit together.
        ImageError: if a folder holds no photo.
        OutputError: if a result is there already, or the folder can't be made.
    """
    photos: list[tuple[Path, str]] = []
    for path in inputs:
        if path.is_dir():
            whole = len(inputs) > 1
            photos += [(photo, str(photo) if whole else photo.name) for photo in list_images(path)]
        else:
            photos.append((path, str(path)))
    several = len(inputs) > 1 or inputs[0].is_dir()
    into_folder = output is not None and (several or output.is_dir() or not output.suffix)
    pictures: list[Path | None] = [None] * len(photos)
    lines: Path | None = None
    if output is not None and into_folder:
        if output.suffix.lower() in WRITE_SUFFIXES and not output.is_dir():
            raise ConfigError(f"{output}: several photos need a folder as output, not a picture")
        if output.exists() and not output.is_dir():
            raise ConfigError(f"{output}: a file, but the output of several photos is a folder")
        pictures = [output / name for name in _names(photo for photo, _ in photos)]
        lines = output / LINES_NAME
    elif output is not None:
        if output.suffix.lower() not in WRITE_SUFFIXES:
            raise ConfigError(
                f"{output}: the output must end in one of {', '.join(WRITE_SUFFIXES)}"
            )
        pictures = [output]
    results = [path for path in (*pictures, lines, *further) if path is not None]
    _guard(results, [photo for photo, _ in photos], force=force)
    for folder in {path.parent for path in results}:
        make_folder(folder)
    jobs = [
        Job(photo, name, picture) for (photo, name), picture in zip(photos, pictures, strict=True)
    ]
    return Batch(jobs=tuple(jobs), lines=lines, several=several)


def list_images(folder: Path) -> list[Path]:
    """Return the photos that lie in a folder, by name; folders inside it are not entered.

    Raises:
        ImageError: if there is no such folder, or no photo in it.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ImageError(f"{folder}: can't be read: {error.strerror or error}") from error
    photos = [
        path
        for path in entries
        if path.suffix.lower() in READ_SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    if not photos:
        raise ImageError(f"{folder}: no photo in it ({', '.join(READ_SUFFIXES)})")
    return photos


def _names(photos: Iterable[Path]) -> list[str]:
    """Return a name for each annotated picture: its photo's own, made distinct where needed."""
    taken: set[str] = set()
    names = []
    for photo in photos:
        # A format that is read but not written gets a second ending.
        ending = "" if photo.suffix.lower() in WRITE_SUFFIXES else ".jpg"
        name, number = photo.name + ending, 2
        # Some file systems take A.jpg and a.jpg for one file.
        while name.casefold() in taken:
            name, number = f"{photo.stem}-{number}{photo.suffix}{ending}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _guard(results: Sequence[Path], photos: Sequence[Path], *, force: bool) -> None:
    """Raise where a result would take the place of another one, of a photo, or of a file."""
    sources = {photo.resolve() for photo in photos}
    seen: set[Path] = set()
    for path in results:
        place = path.resolve()
        if place in sources:
            raise ConfigError(f"{path}: is the photo itself; give the output another place")
        if place in seen:
            raise ConfigError(f"{path}: two results would go there; give them different names")
        seen.add(place)
        # A device such as /dev/stdout may be written to again and again.
        if (path.is_file() or path.is_dir()) and not force:
            raise OutputError(f"{path}: there already; give another name or --force")
