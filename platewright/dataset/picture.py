"""Where the pictures of labelled data sets are, and what of a data set could not be taken over.

Pictures that are missing and labels that make no plate cost nothing of the rest: they are noted
with file and line, and passed over. A picture none of whose labels can be read is passed over, too:
without them it would look like one without plates.
"""

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from platewright.dataset.picture_file import (
    LONGEST_PATH,
    find_file,
    find_picture,
    lies_in,
    picture_size,
    short_name,
    size_conflict,
    tails_of,
    url_name,
)
from platewright.dataset.textfile import rows_of
from platewright.dataset.writer import csv_row
from platewright.errors import DatasetError, ImageError, PlatewrightError, counted
from platewright.file import write_file
from platewright.geometry import quad_of_box
from platewright.http import is_web
from platewright.image import decode_image
from platewright.record import PlateRecord, SceneRecord
from platewright.text import shielded

Entry = TypeVar("Entry")
Result = TypeVar("Result")

SHOWN = 1000
"""Characters of a name in a message: pictures that stand in the label file have millions."""
UNREAD = "none of its labels can be read, and it is no picture without plates"
CUT_OFF = "cut off at its end: whatever wrote it was stopped there"
TOLD = 5  #: Failures that are told with their number
# A file, and its line or the place in it: a.txt: line 3, a.json: annotations[3]
PLACE = re.compile(r"(.*?: (?:line \d+|\w*\[\d+\](?:: \w+\[\d+\])*)): (.*)", re.S)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What could not be taken over."""

    where: str  #: file and line of the label
    picture: str  #: as it is named there; empty: it was a plate's label alone
    reason: str  #: in a line


@dataclass
class Failures:
    """Notes failures."""

    strict: bool = False  #: the first is a `DatasetError`
    failures: list[Failure] = field(default_factory=list)  #: in order

    def fail(self, where: str, picture: str, reason: str) -> None:
        """Note a picture that can't be had."""
        if self.strict:
            raise DatasetError(f"{where}: {reason}" if where else reason)
        self.failures.append(Failure(where=where, picture=shown(picture), reason=reason))

    def attempt(self, parse: Callable[..., Result], *arguments: object) -> Result | None:
        """Return what `parse` makes of a plate's label; None where it can't, which is noted."""
        try:
            return parse(*arguments)
        except DatasetError as error:
            if self.strict:
                raise
            found = PLACE.fullmatch(str(error))
            where, reason = (found[1], found[2]) if found else ("", str(error))
            self.failures.append(Failure(where=where, picture="", reason=reason))
            return None

    def plates(
        self,
        parse: Callable[[Entry], PlateRecord | None],
        entries: Iterable[Entry],
        where: str,
        picture: str,
    ) -> tuple[PlateRecord, ...] | None:
        """Return the plates of a picture's labels, those that can't be read left out and noted.

        None where labels can't be read and no plate is left; then the picture is a failure.

        Args:
            parse: makes a plate of a label; None: it is none.
            where: the picture's own label.
        """
        before = len(self.failures)
        plates = [plate for one in entries if (plate := self.attempt(parse, one)) is not None]
        if plates or len(self.failures) == before:
            return tuple(plates)
        self.fail(where, picture, UNREAD)
        return None

    def save_failures(self, path: Path) -> None:
        """Write the failures as CSV (where, picture, reason); none: remove an earlier list.

        Characters that UTF-8 can't hold are written as Python escapes them.

        Raises:
            OutputError: if it can't be written.
        """
        if not self.failures:
            path.unlink(missing_ok=True)
            return
        rows = [("where", "picture", "reason")]
        rows += [(f.where, f.picture, f.reason) for f in self.failures]
        text = "".join(f"{csv_row(*map(shielded, row))}\n" for row in rows)
        write_file(path, text.encode("utf-8", "backslashreplace"))

    def summary(self, path: Path) -> str:
        """Return how many there are and the first of them, in lines.

        Args:
            path: where all of them are listed.
        """
        labels = sum(not failure.picture for failure in self.failures)
        pictures = len(self.failures) - labels
        counts = [f"{counted(pictures, 'picture')} could not be had"] if pictures else []
        counts += [f"{counted(labels, 'label')} could not be read"] if labels else []
        first, *more = (f"{f.where}: {f.reason}" for f in self.failures[:TOLD])
        lines = [f"{path}: {' and '.join(counts)}; the first: {first}", *more]
        return "\n  ".join(lines)


def shown(name: str) -> str:
    """Return a name as messages have it."""
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}..."


UPLOADED = re.compile(r"[0-9a-f]{8}-")
"""The mark that Label Studio puts before the names of uploaded pictures."""
MAP = "map.csv"  #: In the folder of pictures: columns url and file
BESIDE_IMAGES = ("annotations", "labels")  #: Folders of label files that have `images/` beside them


@dataclass
class PictureFinder(Failures):
    """Finds pictures, and notes what can't be had."""

    #: where pictures lie that are named by URL, and where fetched ones are kept, so that none is
    #: fetched twice; None: there are none
    folder: Path | None = None
    #: returns what a URL holds; None: nothing is fetched
    fetch: Callable[[str], bytes] | None = None
    _map: dict[str, str] | None = field(default=None, init=False)
    _owners: dict[str, tuple[str, bool]] = field(default_factory=dict, init=False)
    _places: dict[Path, str] = field(default_factory=dict, init=False)

    def note(self, picture: Path, where: str) -> None:
        """Remember where a picture's label stands, for a failure that shows later."""
        if where and not self.strict:
            self._places.setdefault(picture, where)

    def place(self, picture: Path) -> str:
        """Return where a picture's label stands; empty where nobody told."""
        return self._places.get(picture, "")

    def size(self, picture: Path, where: str = "") -> tuple[int, int] | None:
        """Return a picture's (height, width); None where it is a failure."""
        self.note(picture, where)
        try:
            return picture_size(picture)
        except DatasetError as error:
            self.fail(where, str(picture), str(error))
            return None

    def scene(
        self,
        parse: Callable[[Entry], PlateRecord | None],
        entries: Iterable[Entry],
        where: str,
        name: str,
        *,
        find: Callable[[], Path | None],
        told: tuple[str, str] = ("", ""),
    ) -> Iterator[tuple[Path, SceneRecord]]:
        """Yield a picture and its record; nothing where it is a failure.

        Args:
            parse: makes a plate of a label; see `plates`.
            entries: the picture's labels.
            where: they stand, for messages.
            name: that they have for the picture.
            find: returns where the picture is, once there are plates to it.
            told: the (height, width) that its labels tell; see `size_conflict`.
        """
        plates = self.plates(parse, entries, where, name)
        picture = None if plates is None else find()
        size = None if picture is None else self.size(picture, where)
        if plates is None or picture is None or size is None:
            return
        if why := size_conflict(size, *told):
            self.fail(where, name, f"{picture} {why}")
        else:
            yield picture, SceneRecord(size=size, plates=plates)

    def crop(
        self, name: str, beside: Path, where: str, *, text: str, region: str = ""
    ) -> Iterator[tuple[Path, SceneRecord]]:
        """Yield a picture that is one plate from edge to edge, and its record, a window's.

        Nothing where it is a failure; the picture is looked for as `find` does.
        """
        picture = self.find(name, beside, where)
        size = None if picture is None else self.size(picture, where)
        if picture is not None and size is not None:
            quad = quad_of_box((0, 0, size[1], size[0]))
            plate = PlateRecord(text=text, quad=quad, region=region)
            yield picture, SceneRecord(size=size, plates=(plate,), presence=True)

    def find(
        self,
        name: str,
        beside: Path,
        where: str,
        *,
        folders: Sequence[Path] = (),
        urls: Sequence[str] = (),
    ) -> Path | None:
        """Return where a picture lies, fetched if need be; None where it is a failure.

        Args:
            name: a path from the folder of the label file, with slashes of either kind, or a URL.
                One that leads nowhere is looked for by its last parts: in that folder, in
                `images/` there (and beside it, where it is one of `BESIDE_IMAGES`), and in the
                folder of pictures; then without the mark of Label Studio's.
            beside: the label file.
            where: its line, for the message.
            folders: to look in by its last parts, too.
            urls: where it is to be had, one after the other, if it lies nowhere.
        """
        names = [name] if self.folder is None else [name, *urls]
        for number, own in enumerate(names, 1):
            try:
                found = self._fetched(own) if "://" in own else self._local(own, beside, folders)
            except PlatewrightError as error:
                if number == len(names):
                    self.fail(where, own, str(error))
            else:
                self.note(found, where)
                return found
        return None

    def find_stem(self, stem: str, folders: Sequence[Path], where: str) -> Path | None:
        """Return the picture of a name of whatever ending; None where it is a failure.

        Args:
            folders: to look in, and then in the folder of pictures.
        """
        found = next(filter(None, (find_picture(place, stem) for place in folders)), None)
        if found := found or self.find_mapped(stem):
            self.note(found, where)
            return found
        places = [*folders, *([] if self.folder is None else [self.folder])]
        self.fail(where, stem, f"no picture {stem} in {', '.join(map(str, places))}")
        return None

    def find_mapped(self, stem: str) -> Path | None:
        """Return the picture of a name in the folder of pictures; None where there is none.

        One without the mark of Label Studio's is taken where none has that very name.
        """
        if self.folder is None:
            return None
        names = dict.fromkeys((stem, UPLOADED.sub("", stem, count=1)))
        found = (find_picture(self.folder, name) for name in names)
        return next(filter(None, found), None)

    def _local(self, name: str, beside: Path, folders: Sequence[Path] = ()) -> Path:
        """Return the file that a path means."""
        if len(name) > LONGEST_PATH:
            raise DatasetError(f"{shown(name)}: {len(name)} characters are no path")
        plain = name.replace("\\", "/")
        own = beside.parent / name
        meant = os.path.normpath(beside.parent / plain)
        near = [beside.parent / "images", beside.parent]
        is_beside = beside.parent.name.lower() in BESIDE_IMAGES
        above = [beside.parent.parent / "images"] if is_beside else []
        further = [*folders, *([] if self.folder is None else [self.folder])]
        inside = [os.path.abspath(p) for p in (near[1], *(a.parent for a in above), *further)]
        outside = ""
        # `os.path.isfile` is False for a name that is too long; `Path.is_file` is an error.
        for root in reversed(near):
            for place in (root / name, root / plain):
                if not os.path.isfile(place):
                    continue
                if any(lies_in(place, folder) for folder in inside):
                    return self._owned(place, meant, exact=True)
                outside = (
                    f"{shown(str(place))}: lies outside of the data set; name its folder in --map"
                )
        tails = tails_of(name)
        if tails and (mark := UPLOADED.match(tails[-1][0])):
            tails.append([tails[-1][0][mark.end() :]])
        for tail in tails:
            for root in (*near, *above, *further):
                if found := find_file(root.joinpath(*tail)):
                    return self._owned(found, meant, exact=False)
        raise DatasetError(
            outside or f"{shown(str(own))}: there is no such picture; name its folder in --map"
        )

    def _owned(self, found: Path, meant: str, *, exact: bool) -> Path:
        """Return a picture's file unless another name led to it before.

        Args:
            meant: the name that led there, in full.
            exact: whether that is the file's own.
        """
        key = os.path.abspath(found)
        owner, owned = self._owners.setdefault(key, (meant, exact))
        if owner == meant or (owned and exact):
            return found
        if "://" in meant:
            why = f"another URL of this name stands before; tell them apart in {MAP}"
        else:
            why = f"another picture of this name stands before ({owner}); lay them in folders as "
            why += "the labels name them"
        raise DatasetError(f"{found}: {why}")

    def _fetched(self, url: str) -> Path:
        """Return the local file of a URL.

        It is the one that `map.csv` names, else one fetched before, else one of the URL's own file
        name: the first URL of that name has it, another one of the same name never.
        """
        if self._map is None:
            told = None if self.folder is None else self.folder / MAP
            rows = rows_of(told, ("url", "file")) if told and told.is_file() else ()
            self._map = {row["url"]: row["file"] for _, row in rows}
        folder = self.folder or Path()
        if url in self._map:
            return self._local(self._map[url], folder / MAP)
        whole = url_name(url)
        name = short_name(whole)
        mark = sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        fetched = folder / f"{mark}_{name}"
        if self.folder is not None and os.path.isfile(fetched):
            return fetched
        for plain in (whole, name) if self.folder is not None else ():
            if found := find_file(folder / plain):
                return self._owned(found, url, exact=False)
        if not is_web(url):
            raise DatasetError("neither http nor https; put the picture into the folder of --map")
        if self.fetch is None or self.folder is None:
            raise DatasetError(f"not in {folder}, and fetching is off")
        data = self.fetch(url)
        try:
            decode_image(io.BytesIO(data), "what came")
        except ImageError as error:
            raise DatasetError(str(error)) from None
        write_file(fetched, data)
        return fetched


STRICT = PictureFinder(strict=True)  #: Finds local pictures; the first that is missing is an error
