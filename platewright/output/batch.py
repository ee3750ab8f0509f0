"""A batch of photos to read: which they are, and where what comes of each goes."""

import glob
import io
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from platewright.container import START_BYTES, boxed_kind
from platewright.errors import ConfigError, ImageError, OutputError
from platewright.file import distinct_name, make_folder, open_file
from platewright.geometry import Picture
from platewright.image import (
    READ_SUFFIXES,
    WRITE_SUFFIXES,
    check_picture_names,
    decode_image,
    load_image,
)

LINES_NAME = "readings.jsonl"
STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
"""How JPEG, PNG, GIF and TIFF files begin."""
STDIN = "-"
MOST_BYTES = 256 << 20  #: Of a photo that comes on stdin
PATTERN = re.compile(r"[*?\[]")
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
VIDEO_SUFFIXES = (
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
    ".ogv", ".ts", ".webm", ".wmv",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One photo of a batch."""

    photo: Path  #: the file
    name: str  #: what results call it: as the user gave it, or where it lies in the folder given
    picture: Path | None  #: where the annotated picture goes; None: nowhere


@dataclass(frozen=True)
class Batch:
    """What is to be done."""

    jobs: tuple[Job, ...]  #: the photos, in the order they are read in
    lines: Path | None  #: where the JSON lines go; None: nowhere
    several: bool  #: whether one bad photo is to be passed over
    skipped: tuple[Path, ...] = ()  #: in the folders: files that are no pictures, links to folders


def plan_batch(
    inputs: Sequence[str | Path],
    output: Path | None,
    *,
    force: bool,
    resume: bool = False,
    further: Sequence[Path] = (),
    weights: Path | None = None,
) -> Batch:
    """Work out what is read and written, and make the output's folder.

    Args:
        inputs: photos, folders of photos, which are searched through and through, patterns such as
            `photos/*.jpg`, and `-`, what comes on stdin.
        output: a picture for one photo, or a folder; None: nothing is drawn.
        force: whether results may be overwritten; photos never are.
        resume: whether they may be there because an earlier run has written them.
        further: other files that are going to be written.
        weights: what reads; none of the files may take its place.

    Raises:
        ConfigError: if the arguments do not fit together, or one is a video or an address.
        ImageError: if a folder holds no photo, or nothing fits a pattern.
        OutputError: if a result is there already, or the folder can't be made.
    """
    found, skipped, several = _photos_of(inputs, output)
    if sum(str(each.photo) == STDIN for each in found) > 1:
        raise ConfigError("- is one photo: stdin can be read once")
    pictures, lines = _pictures_of(found, output, several=several)
    if resume and lines is None:
        raise ConfigError("--resume goes on with an output folder: name one")
    results = [path for path in (*pictures, lines, *further) if path is not None]
    hint = "give another name or --force" + ("; --resume reads what is missing" if lines else "")
    sources = [each.photo for each in found] + ([weights] if weights else [])
    _guard(results, sources, hint="" if force or resume else hint)
    for folder in {path.parent for path in results}:
        make_folder(folder)
    jobs = tuple(
        Job(each.photo, each.name, picture) for each, picture in zip(found, pictures, strict=True)
    )
    return Batch(jobs=jobs, lines=lines, several=several, skipped=tuple(skipped))


class _Photo(NamedTuple):
    """A photo that is to be read."""

    photo: Path  #: the file
    name: str  #: as `Job` has it
    place: Path  #: where its annotated picture lies in an output folder, but for its ending


def _photos_of(
    inputs: Sequence[str | Path], output: Path | None
) -> tuple[list[_Photo], list[Path], bool]:
    """Return the photos that are meant, what is passed over, and whether several may be meant."""
    found: list[_Photo] = []
    skipped: list[Path] = []
    several = len(inputs) > 1
    for given in map(str, inputs):
        path = Path(given)
        if given == STDIN:
            found.append(_Photo(path, "stdin", Path("stdin.jpg")))
        elif path.is_dir():
            for photo in list_images(path, deep=True, apart=output, skipped=skipped):
                within = photo.relative_to(path)
                found.append(_Photo(photo, str(photo if len(inputs) > 1 else within), within))
            several = True
        elif PATTERN.search(given) and not path.exists():
            found += [_Photo(photo, str(photo), Path(photo.name)) for photo in _fitting(given)]
            several = True
        else:
            _check_photo(given)
            found.append(_Photo(path, given, Path(path.name)))
    return found, skipped, several


def _pictures_of(
    photos: Sequence[_Photo], output: Path | None, *, several: bool
) -> tuple[list[Path | None], Path | None]:
    """Return where each annotated picture goes, and the JSON lines; None: nowhere."""
    if output is None:
        return [None] * len(photos), None
    if not (several or output.is_dir() or not output.suffix):
        check_picture_names(output)
        return [output], None
    if output.suffix.lower() in WRITE_SUFFIXES and not output.is_dir():
        raise ConfigError(f"{output}: several photos need a folder as output, not a picture")
    if output.exists() and not output.is_dir():
        raise ConfigError(f"{output}: a file, but the output of several photos is a folder")
    names = _names([each.place for each in photos])
    return [output / name for name in names], output / LINES_NAME


def load_photo(path: Path) -> Picture:
    """Read a photo of a batch; `-` is stdin.

    Raises:
        ImageError: if it is no picture that can be read.
    """
    if str(path) != STDIN:
        return load_image(path)
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ImageError(f"stdin: more than {MOST_BYTES >> 20} MB; make the picture smaller first")
    return decode_image(io.BytesIO(data), "stdin")


def list_images(
    folder: Path,
    *,
    deep: bool = False,
    apart: Path | None = None,
    skipped: list[Path] | None = None,
) -> list[Path]:
    """Return the photos that lie in a folder, by name; what they are tells their content.

    Args:
        deep: whether folders in it are searched as well, but for those whose names begin with a
            dot, and links.
        apart: a folder that is left out, such as that of earlier results.
        skipped: gets the files that are no pictures, and the links to folders.

    Raises:
        ImageError: if there is no such folder, or no photo in it.
    """
    left_out = apart if apart is not None and apart.exists() else None
    photos: list[Path] = []
    folders = [folder]
    while folders:
        own = folders.pop()
        try:
            entries = sorted(own.iterdir())
        except OSError as error:
            if own == folder:
                raise ImageError(f"{own}: can't be read: {error.strerror or error}") from error
            if skipped is not None:
                skipped.append(own)
            continue
        inner = []
        for path in entries:
            if path.name.startswith("."):
                continue
            if os.path.isdir(path):  # a path that is too long is none
                if not deep or (left_out is not None and path.samefile(left_out)):
                    continue
                if not path.is_symlink():
                    inner.append(path)
                elif skipped is not None:
                    skipped.append(path)
            elif os.path.isfile(path) and is_picture(path):
                photos.append(path)
            elif skipped is not None:
                skipped.append(path)
        folders += reversed(inner)
    if not photos:
        raise ImageError(f"{folder}: no photo in it ({', '.join(READ_SUFFIXES)})")
    return photos


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture: by its name, or else by how it begins.

    What is called a picture and is none counts as well: reading it says what is wrong.
    """
    if path.suffix.lower() in READ_SUFFIXES:
        return True
    try:
        with open_file(path) as stream:
            start = stream.read(START_BYTES)
    except OSError:
        return False
    return begins_picture(start)


def begins_picture(start: bytes) -> bool:
    """Tell whether a file of which these are the first `START_BYTES` is a picture."""
    webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return bool(boxed_kind(start)) or webp or start.startswith(STARTS)


def _check_photo(given: str) -> None:
    """Raise ConfigError where what is given as a photo is an address or a video."""
    if ADDRESS.match(given):
        raise ConfigError(
            f"{given}: an address, not a file; nothing is fetched: curl -L {given} | detect.py -"
        )
    if Path(given).suffix.lower() in VIDEO_SUFFIXES:
        raise ConfigError(f"{given}: a video; watch.py reads it: python watch.py {given}")


def _fitting(pattern: str) -> list[Path]:
    """Return the photos whose names fit a pattern, which a shell may have left as it was."""
    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]
    photos = [path for path in found if path.is_file() and is_picture(path)]
    if not photos:
        raise ImageError(f"{pattern}: no photo fits that")
    return photos


def _names(places: Iterable[Path]) -> list[str]:
    """Return a name for each annotated picture: its photo's own, made distinct where needed."""
    taken: dict[str, int] = {}

    def named(place: Path) -> str:
        # A format that is read but not written gets a second ending.
        ending = "" if place.suffix.lower() in WRITE_SUFFIXES else ".jpg"

        def numbered(number: int) -> str:
            return str(place.with_name(f"{place.stem}-{number}{place.suffix}{ending}"))

        return distinct_name(f"{place}{ending}", numbered, taken)

    return [named(place) for place in places]


def _guard(results: Sequence[Path], read: Sequence[Path], *, hint: str) -> None:
    """Raise where a result would take the place of another one, of what is read, or of a file.

    Without a hint what to do about files that are there, they may be.
    """
    sources = {os.path.realpath(path) for path in read}
    seen: set[str] = set()
    for path in results:
        place = os.path.realpath(path)
        if place in sources:
            raise ConfigError(f"{path}: is what is read; give the output another place")
        if place in seen:
            raise ConfigError(f"{path}: two results would go there; give them different names")
        seen.add(place)
        # A device such as /dev/stdout may be written to again and again.
        if (path.is_file() or path.is_dir()) and hint:
            raise OutputError(f"{path}: there already; {hint}")
