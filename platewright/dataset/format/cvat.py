"""CVAT's own XML, "CVAT for images 1.1": what its tasks import and export.

    images/NAME.jpg  annotations.xml

A plate is a `box` where it is upright, else a `polygon` of its four corners, labelled `plate`, with
the attributes `text` and `region`; a task needs the label with these two for them to be imported.
Plates are cut off at the picture's edge, and left out where less than a quarter is seen.

`read` takes boxes (turned ones, too), polygons and the tracks of "CVAT for video", whose frames lie
as `frame_000000` and so on. Other shapes are passed over. A plate's text is the attribute that
is called so or like it (`plate number`, ...), else the only attribute there is.
The form: https://docs.cvat.ai/docs/other/xml_format/.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from platewright.dataset.outline import SeenPlate, polygon_quad, turned_quad, upright_start
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.dataset.selection import plate_text
from platewright.dataset.textfile import number_field
from platewright.dataset.writer import PLATE, ListFormat, Sample, kind_of
from platewright.dataset.xmlfile import Element, read_xml, root_tag
from platewright.errors import DatasetError
from platewright.geometry import box_of_quad, quad_of_box
from platewright.record import PlateRecord, SceneRecord

FILE = "annotations.xml"
SHAPES = ("box", "polygon")
LONGEST_FRAME = 9  #: Digits of a frame's number: two years at 16 frames a second
ABOUT = (
    "<version>1.1</version>\n<meta><task><name>Platewright</name><mode>annotation</mode><labels>"
    f"<label><name>{PLATE}</name><type>any</type><attributes>"
    "<attribute><name>text</name><mutable>False</mutable><input_type>text</input_type>"
    "<default_value></default_value><values></values></attribute>"
    "<attribute><name>region</name><mutable>False</mutable><input_type>text</input_type>"
    "<default_value></default_value><values></values></attribute>"
    "</attributes></label></labels></task></meta>"
)
# What XML 1.0 can't hold even escaped (section 2.2), and line breaks, which would split the line.
FORBIDDEN = re.compile("[^\t\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CvatFormat(ListFormat):
    """Pictures and one XML file."""

    name = "cvat"
    summary = "CVAT for images 1.1: one XML file of boxes and polygons with texts"
    file, tail = FILE, "</annotations>\n"
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n{ABOUT}'

    def add(self, sample: Sample) -> None:
        """Write a picture."""
        picture, plates = self.begin(sample)
        height, width = sample.record.size
        shapes = "".join(map(_shape, plates))
        self.lines.append(
            f'<image id="{sample.index}" name={quoteattr(picture)} width="{width}" '
            f'height="{height}">{shapes}</image>'
        )


def _shape(seen: SeenPlate) -> str:
    """Return a plate's element."""
    quad = seen.quad
    x0, y0, x1, y1 = box_of_quad(quad)
    upright = np.array_equal(quad, quad_of_box((x0, y0, x1, y1)))
    if upright:
        tag, place = "box", f'xtl="{x0:.2f}" ytl="{y0:.2f}" xbr="{x1:.2f}" ybr="{y1:.2f}"'
    else:
        tag, place = "polygon", f'points="{";".join(f"{x:.2f},{y:.2f}" for x, y in quad)}"'
    plate = seen.plate
    attributes = "".join(
        f'<attribute name="{name}">{escape(FORBIDDEN.sub("?", value))}</attribute>'
        for name, value in (("text", plate.text), ("region", plate.region))
    )
    cut = int(seen.cut)
    return (
        f'<{tag} label="{PLATE}" source="manual" occluded="{cut}" {place} z_order="0">'
        f"{attributes}</{tag}>"
    )


def claims(path: Path) -> bool:
    """Tell whether a path looks like such a file or its folder."""
    return root_tag(path) == "annotations"


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read an XML file of CVAT's.

    Args:
        path: the file, or the folder that holds it.

    Yields:
        Each picture and its record; of a video each frame that has plates.
    """
    file = path
    if path.is_dir():
        named = path / FILE
        file = named if named.is_file() else min(path.glob("*.xml"), default=named)
    root = read_xml(file)
    if root.tag != "annotations":
        raise DatasetError(f"{file}: line {root.line}: <{root.tag}>, not CVAT's <annotations>")
    for image in root.all("image"):
        where = f"{file}: line {image.line}"
        name = image.attributes.get("name", "")
        if not name:
            raise DatasetError(f"{where}: an image without a name")
        part = file.parent / "images" / image.attributes.get("subset", "")  # a project's
        find = functools.partial(finder.find, name, file, where, folders=(part,))
        told = (image.attributes.get("height", ""), image.attributes.get("width", ""))
        parse = functools.partial(_plate, file)
        shapes = [(image, child) for child in image.children]
        yield from finder.scene(parse, shapes, where, name, find=find, told=told)
    yield from _frames(file, root, finder)


def _frames(file: Path, root: Element, finder: PictureFinder) -> Iterator[tuple[Path, SceneRecord]]:
    """Yield the frames of the tracks."""
    told = _video_size(root)
    frames: dict[int, list[tuple[Element, Element]]] = {}
    for track in root.all("track"):
        for element in track.children:
            number = element.attributes.get("frame", "")
            if not number.isdecimal() or len(number) > LONGEST_FRAME:
                raise DatasetError(f"{file}: line {element.line}: a shape without its frame")
            if element.tag in SHAPES and element.attributes.get("outside", "0") != "1":
                frames.setdefault(int(number), []).append((track, element))
    for frame, shapes in sorted(frames.items()):
        where, stem = f"{file}: line {shapes[0][1].line}", f"frame_{frame:06d}"
        folders = (file.parent / "images", file.parent)
        find = functools.partial(finder.find_stem, stem, folders, where)
        parse = functools.partial(_plate, file)
        yield from finder.scene(parse, shapes, where, stem, find=find, told=told)


def _video_size(root: Element) -> tuple[str, str]:
    """Return the (height, width) that is told of a video's frames, empty where none is."""
    meta = root.find("meta") or root
    for work in meta.children:  # a task's or a job's
        if size := work.find("original_size"):
            return size.text_of("height"), size.text_of("width")
    return "", ""


def _plate(file: Path, told: tuple[Element, Element]) -> PlateRecord | None:
    """Return the plate of a shape; None where it is neither box nor polygon.

    Args:
        told: what it is of, an image or a track, and the shape.
    """
    parent, element = told
    where = f"{file}: line {element.line}"
    if element.tag == "box":
        x0, y0, x1, y1 = (
            number_field(where, name, element.attributes.get(name, ""))
            for name in ("xtl", "ytl", "xbr", "ybr")
        )
        if x1 <= x0 or y1 <= y0:
            raise DatasetError(f"{where}: xbr or ybr is not above xtl or ytl")
        turn = number_field(where, "rotation", element.attributes.get("rotation", "0"))
        quad = turned_quad((x0, y0, x1, y1), turn)
    elif element.tag == "polygon":
        points = element.attributes.get("points", "")
        pairs = [pair.split(",") for pair in points.split(";")]
        if any(len(pair) != 2 for pair in pairs):
            raise DatasetError(f"{where}: points is no list such as 1.5,2;3,4;5,6")
        try:
            corners = [[number_field(where, "points", v) for v in pair] for pair in pairs]
            quad = upright_start(polygon_quad(corners))  # whoever draws begins at any corner
        except ValueError as error:
            raise DatasetError(f"{where}: {error}") from None
    else:
        return None
    values = {a.attributes.get("name", ""): a.text for a in element.all("attribute")}
    label = element.attributes.get("label") or parent.attributes.get("label", "")
    region = next((text for name, text in values.items() if name.lower() == "region"), "")
    return PlateRecord(text=plate_text(values), quad=quad, region=region, kind=kind_of(label))
