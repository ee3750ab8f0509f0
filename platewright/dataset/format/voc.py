"""Pascal VOC: an XML file a picture, as LabelImg writes and reads them.

    JPEGImages/NAME.jpg  Annotations/NAME.xml  ImageSets/Main/{train,val,trainval}.txt

Pictures are JPEG, windows too: loaders of VOC add `.jpg` to the names of the lists. Boxes count
pixels from 1 and hold the last one (VOC2012 development kit, section 4.1): a plate on the first
ten columns has xmin 1 and xmax 10. Corners between pixels are rounded. Boxes are cut off at the
picture's edge, which `truncated` tells; plates of which less than half is seen are `difficult`,
those of which less than a quarter is seen are left out.

Beyond the format's own elements, which readers pass over, an object has `text`, `region`, and
`polygon` (x1 y1 ... x4 y4, as Roboflow writes it): the four corners, wherever they lie, as points
that count from 1. What CVAT tells as `attributes` is read as well, and so are the XML files of the
first LabelMe ("LabelMe 3.0" of CVAT), whose objects have a `polygon` of points in place of a box.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from platewright.dataset.format import PARTS
from platewright.dataset.outline import (
    CORNERS,
    SeenPlate,
    corners_around,
    polygon_area,
    polygon_quad,
    turned_quad,
    upright_start,
)
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.picture_file import find_file, find_picture, name_key, size_conflict
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import number_field
from platewright.dataset.writer import (
    Sample,
    SplitFormat,
    kind_of,
    save_picture,
    write_split,
)
from platewright.dataset.xmlfile import Element, read_xml, root_tag
from platewright.errors import DatasetError
from platewright.file import files_below, make_folder, whole_text, write_listed
from platewright.geometry import Box, FloatArray, box_of_quad
from platewright.image import READ_SUFFIXES
from platewright.record import PlateRecord, SceneRecord

DIFFICULT_SHARE = 0.5
ANNOTATIONS = ("Annotations", "annotations")
PICTURES = ("JPEGImages", "images")
SIDES = (("height", "nrows"), ("width", "ncols"))  #: What Pascal VOC and LabelMe call a picture's
# What XML 1.0 can't hold even escaped (section 2.2).
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def voc_box(box: Box) -> tuple[int, int, int, int]:
    """Return (xmin, ymin, xmax, ymax): pixels counted from 1, the last one included.

    >>> voc_box((0, 0, 10, 10)), voc_box((2.4, 2.6, 2.45, 9.5))
    ((1, 1, 10, 10), (3, 4, 3, 10))
    """
    x0, y0, x1, y1 = box
    left, top = round(x0) + 1, round(y0) + 1
    return left, top, max(round(x1), left), max(round(y1), top)


def box_of_voc(xmin: float, ymin: float, xmax: float, ymax: float) -> Box:
    """Return the half-open box of what `voc_box` gives.

    >>> box_of_voc(1, 1, 10, 10)
    (0, 0, 10, 10)
    """
    return (xmin - 1, ymin - 1, xmax, ymax)


class VocFormat(SplitFormat):
    """Pictures, an XML file each, and lists of their names."""

    name = "voc"
    summary = "Pascal VOC: an XML file a picture, as LabelImg has them"
    folders = ("JPEGImages", "Annotations")

    def add(self, sample: Sample) -> None:
        """Write a picture and its XML file."""
        picture = f"{sample.name}.jpg"
        save_picture(sample.image, self.folder / "JPEGImages" / picture, sample.packed)
        seen = self.seen_plates(sample)
        self.hold(*(one.plate.text for one in seen))
        path = self.folder / "Annotations" / f"{sample.name}.xml"
        write_listed(path, _xml(sample, picture, seen).encode())
        self.list_line(sample, sample.name)

    @classmethod
    def finish(cls, lines: Iterable[str], folder: Path) -> None:
        """Write the lists."""
        lists = folder / "ImageSets" / "Main"
        make_folder(lists)
        with whole_text(lists / "trainval.txt") as stream:

            def noted() -> Iterator[str]:
                for line in lines:
                    stream.write(f"{line.partition(chr(9))[2]}\n")
                    yield line

            write_split(noted(), lists)


def _xml(sample: Sample, picture: str, plates: list[SeenPlate]) -> str:
    """Return a sample's XML file."""
    height, width = sample.record.size
    depth = 1 if sample.image.ndim == 2 else 3
    objects = "".join(map(_object, plates))
    return (
        "<annotation>\n"
        "\t<folder>JPEGImages</folder>\n"
        f"\t<filename>{_safe(picture)}</filename>\n"
        "\t<source>\n\t\t<database>Platewright</database>\n\t</source>\n"
        f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n"
        f"\t\t<depth>{depth}</depth>\n\t</size>\n"
        "\t<segmented>0</segmented>\n"
        f"{objects}</annotation>\n"
    )


def _object(seen: SeenPlate) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    box = "".join(
        f"\t\t\t<{name}>{value}</{name}>\n"
        for name, value in zip(names, voc_box(seen.box), strict=True)
    )
    corners = "".join(
        f"\t\t\t<x{k}>{x + 1:.2f}</x{k}>\n\t\t\t<y{k}>{y + 1:.2f}</y{k}>\n"
        for k, (x, y) in enumerate(seen.plate.quad, 1)
    )
    return (
        "\t<object>\n\t\t<name>plate</name>\n\t\t<pose>Unspecified</pose>\n"
        f"\t\t<truncated>{int(seen.cut)}</truncated>\n"
        f"\t\t<difficult>{int(seen.share < DIFFICULT_SHARE)}</difficult>\n"
        f"\t\t<bndbox>\n{box}\t\t</bndbox>\n"
        f"\t\t<text>{_safe(seen.plate.text)}</text>\n"
        f"\t\t<region>{_safe(seen.plate.region)}</region>\n"
        f"\t\t<polygon>\n{corners}\t\t</polygon>\n\t</object>\n"
    )


def _safe(text: str) -> str:
    return escape(FORBIDDEN.sub("?", text))


def claims(path: Path) -> bool:
    """Tell whether a path looks like such files."""
    own = (".",) if path.name in ANNOTATIONS else ()
    return root_tag(path, *own, *ANNOTATIONS, *PARTS, ".") == "annotation"


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read a folder of VOC files; objects of every name count as plates.

    Args:
        path: holds `Annotations/` and `JPEGImages/` (or `images/`), either with the same tree
            below, or XML files anywhere below with the pictures beside them, as LabelImg leaves
            them, or in any other folder; or that `Annotations/`, or one XML file.
        finder: what becomes of pictures that are missing or of another size than is told.

    Yields:
        Each picture, by its XML file's name, and its record. A plate's quad is its `polygon` (four
        corners round it where it has more), else its box, turned by the attribute `rotation` that
        CVAT gives it. Its text is that of `text`, else of an attribute called so or like it.
    """
    places = (*(path / name for name in ANNOTATIONS), path)
    annotations = next((place for place in places if place.is_dir()), path)
    files = sorted(files_below(annotations, ".xml")) if path.is_dir() else [path]
    if not files:
        raise DatasetError(f"{annotations}: no XML files there")
    owners: dict[Path, Path] = {}
    for file in files:
        root = read_xml(file)
        if root.tag != "annotation":
            raise DatasetError(f"{file}: line {root.line}: <{root.tag}>, not VOC's <annotation>")
        where = f"{file}: line {(root.find('filename') or root).line}"
        parse = functools.partial(_plate, file)
        plates = finder.plates(parse, root.all("object"), where, file.stem)
        picture = None if plates is None else _picture(path, file, root, where, finder)
        size = None if picture is None else finder.size(picture, where)
        if plates is None or picture is None or size is None:
            continue
        told = root.find("size") or root.find("imagesize") or root
        sides = [told.text_of(a) or told.text_of(b) for a, b in SIDES]
        if why := size_conflict(size, *sides):
            finder.fail(f"{file}: line {told.line}", str(picture), f"{picture} {why}")
        elif picture in owners:
            reason = f"{picture} has its labels in {owners[picture]} already"
            finder.fail(where, str(picture), reason)
        else:
            owners[picture] = file
            yield picture, SceneRecord(size=size, plates=plates)


def _plate(file: Path, element: Element) -> PlateRecord | None:
    """Return the plate of an object; None where LabelMe calls it deleted."""
    if element.text_of("deleted") == "1":
        return None
    told = _attributes(element)
    turn = number_field(f"{file}: line {element.line}", "rotation", told.get("rotation", "0"))
    box, polygon = element.find("bndbox"), element.find("polygon")
    if box is None:
        quad = _outline(file, element, turn)
    else:
        values = [_number(file, box, name) for name in ("xmin", "ymin", "xmax", "ymax")]
        counted = all(value.is_integer() for value in values)  # CVAT's are places, not pixels
        x0, y0, x1, y1 = box_of_voc(*values) if counted else values
        if x1 <= x0 or y1 <= y0:
            raise DatasetError(f"{file}: line {box.line}: xmax or ymax is below xmin or ymin")
        quad = turned_quad((x0, y0, x1, y1), turn)
    count = 0 if box is None or polygon is None else len(polygon.children) // 2
    if polygon is not None and count >= CORNERS - 1:
        names = [f"{axis}{k}" for k in range(1, count + 1) for axis in "xy"]
        corners = np.array([_number(file, polygon, name) for name in names]).reshape(-1, 2) - 1
        if polygon_area(corners) > 0:
            quad = corners_around(corners)
    text, region, kind = (element.text_of(name) for name in ("text", "region", "name"))
    region = region or told.get("region", "")
    return PlateRecord(text=text or plate_text(told), quad=quad, region=region, kind=kind_of(kind))


def _outline(file: Path, element: Element, turn: float) -> FloatArray:
    """Return the corners of an object of LabelMe's, which are points from 0 on."""
    where = f"{file}: line {element.line}"
    points = list((element.find("polygon") or element).all("pt"))
    if not points:
        raise DatasetError(f"{where}: an object without bndbox")
    corners = [[_number(file, point, axis) for axis in "xy"] for point in points]
    try:
        quad = polygon_quad(corners)
    except ValueError as error:
        raise DatasetError(f"{where}: {error}") from None
    if element.text_of("type") == "bounding_box":
        return turned_quad(box_of_quad(np.array(corners)), turn)
    return upright_start(quad)


def _attributes(element: Element) -> dict[str, str]:
    """Return what CVAT tells of an object beyond VOC, as elements or, for LabelMe, in a line."""
    found = element.find("attributes")
    if found is None:
        return {}
    pairs = [part.partition("=") for part in found.text.split(",") if part.strip()]
    told = {name.strip(): value.strip() for name, sign, value in pairs if sign}
    return told | {one.text_of("name"): one.text_of("value") for one in found.all("attribute")}


def _number(file: Path, element: Element, name: str) -> float:
    child = element.find(name)
    if child is None:
        raise DatasetError(f"{file}: line {element.line}: {element.tag} without {name}")
    return number_field(f"{file}: line {child.line}", name, child.text)


def _picture(
    path: Path, file: Path, root: Element, where: str, finder: PictureFinder
) -> Path | None:
    """Return where the picture of an XML file lies; None where it is a failure."""
    name = re.split(r"[\\/]", root.text_of("filename"))[-1] or f"{file.stem}.jpg"
    folders = [file.parent, *_picture_folders(path, file)]
    maps = [] if finder.folder is None else [finder.folder]
    for folder in (*folders, *maps):
        if found := find_file(folder / name):
            return found
    for folder in (*folders, *maps):
        if found := find_picture(folder, file.stem):
            return found
    if path.is_dir() and len(same := _below(path).get(name_key(name), [])) == 1:
        return same[0]
    place = next((folder for folder in folders[1:] if folder.is_dir()), file.parent)
    finder.fail(where, str(place / name), f"{place / name}: there is no such picture")
    return None


@lru_cache(maxsize=4)
def _below(path: Path) -> dict[str, list[Path]]:
    """Return all pictures below a folder, by what their names mean."""
    found: dict[str, list[Path]] = {}
    for place in sorted(files_below(path)):
        if place.suffix.lower() in READ_SUFFIXES:
            found.setdefault(name_key(place.name), []).append(place)
    return found


def _picture_folders(path: Path, file: Path) -> Iterator[Path]:
    """Yield the folders where the picture of an XML file may lie, other than beside it.

    They are in the folder that is read, and beside the folder of annotations that holds the file,
    be it above what is read: there, the file's own place in the tree, then the tree's top.
    """
    top = path if path.is_dir() else path.parent
    tops = [(top, file.parent.relative_to(top))]
    for own in (file, file.absolute()):
        above = next((folder for folder in own.parents if folder.name in ANNOTATIONS), None)
        if above is not None:
            tops.insert(0, (above.parent, own.parent.relative_to(above)))
            break
    for top, below in tops:
        for name in PICTURES:
            yield from (top / name / below, top / name)
