"""Labels of whatever format, and the photos that they are of."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from platewright.dataset.conversion import Conversion
from platewright.dataset.format import detect_format, load_reader
from platewright.dataset.format.labels_csv import TABLE, Label, read_labels
from platewright.dataset.picture import PictureFinder
from platewright.dataset.picture_file import PackedPicture, size_conflict
from platewright.dataset.selection import wanted_record
from platewright.errors import DatasetError
from platewright.record import PlateRecord

CSV = "labels-csv"


@dataclass(kw_only=True)
class LabelledPhotos:
    """Labels of whatever format, and where their photos are."""

    labels: list[Label]  #: a plate each
    folder: Path  #: where photos lie that are named without one
    #: photos that lie inside of other files, by the name that their labels have
    packed: dict[str, PackedPicture] = field(default_factory=dict)
    #: a line for each photo or label that can't be had
    unreadable: list[str] = field(default_factory=list)
    #: plates that are left out, by reason, and photos without a plate
    passed: Counter[str] = field(default_factory=Counter)


def load_labels(
    path: Path, *, reader: str = "", photos: Path | None = None, only: tuple[str, ...] = ()
) -> LabelledPhotos:
    """Read the labels of a data set in any format that can be read.

    Args:
        reader: name of its format; empty: told by what is in it.
        photos: a folder to look for photos in that are not where their labels say.
        only: what plates must be called; none: everything labelled is a plate.

    Raises:
        DatasetError: if it can't be read, or no plate is left.
    """
    name = reader or _format_of(path)
    if name == CSV and photos is None:
        table = path / TABLE if path.is_dir() else path
        beside = table.parent / "images"
        folder = beside if beside.is_dir() else table.parent
        return LabelledPhotos(labels=read_labels(table), folder=folder)
    finder = PictureFinder(folder=photos)
    wanted = Conversion(source=path, reader=name, out=path, writer=CSV, only=only)
    found = LabelledPhotos(labels=[], folder=Path())
    for picture, labelled in load_reader(name)(path, finder):
        size: tuple[int, int] | None = labelled.size
        if isinstance(picture, PackedPicture):
            file = f"{picture.where}: {picture.name}"
        else:
            file, size = str(picture), finder.size(picture)
        record = wanted_record(labelled, wanted, found.passed)
        if size is None:
            continue
        if why := size_conflict(size, *record.size):
            finder.fail(str(path), file, f"{file} {why}")
        elif not record.plates:
            found.passed["photo without a plate"] += 1
        else:
            found.packed |= {file: picture} if isinstance(picture, PackedPicture) else {}
            found.labels += [_label(file, plate, record.size) for plate in record.plates]
    found.unreadable = [f"{f.where}: {f.reason}" for f in finder.failures]
    if not found.labels:
        reasons = [*found.unreadable[:1], *(f"{why}: {n}" for why, n in found.passed.items())]
        raise DatasetError(f"{path}: no labelled plate ({'; '.join(reasons) or 'it has none'})")
    return found


def _format_of(path: Path) -> str:
    """Return the name of a data set's format; what is meant for the CSV file is told by that."""
    if path.suffix == ".csv" and not path.exists():
        return CSV
    try:
        return detect_format(path)
    except DatasetError:
        if path.suffix == ".csv":
            return CSV
        raise


def _label(file: str, plate: PlateRecord, size: tuple[int, int]) -> Label:
    """Return a plate's label; one from edge to edge of its photo has no box."""
    box = plate.box
    whole = box == (0.0, 0.0, float(size[1]), float(size[0]))
    return Label(file=file, text=plate.text, country=plate.region, box=None if whole else box)
