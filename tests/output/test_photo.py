"""Tables, JSON lines and annotated pictures."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from platewright.errors import OutputError
from platewright.geometry import Box, quad_of_box
from platewright.output import annotation
from platewright.output.annotation import annotate, confidence_colour, place_tag, text_colour
from platewright.output.photo import PhotoReadings, ReadingsTable
from platewright.output.writer import load_writer
from platewright.output.writer.jsonl import LinesFile
from platewright.record import Character, Reading

ROOT = Path(__file__).resolve().parents[2]


def reading(box: Box, text: str = "AB12CDE", confidence: float = 0.9) -> Reading:
    return Reading(
        text=text,
        confidence=confidence,
        presence=0.97,
        quad=quad_of_box(box),
        characters=tuple(Character(char=c, probability=0.98) for c in text),
        region="GB",
    )


def photo(name: str, *readings: Reading) -> PhotoReadings:
    return PhotoReadings(file=name, size=(480, 640), ms=41.26, readings=readings)


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    """WCAG 2.2 contrast ratio, written out for itself."""

    def luminance(colour: tuple[int, int, int]) -> float:
        parts = [c / 255 for c in colour]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def table_of(*photos: PhotoReadings) -> str:
    table = ReadingsTable()
    for each in photos:
        table.add(each)
    return str(table)


def test_table_is_aligned_and_tells_of_photos_without_plates() -> None:
    table = table_of(
        photo("first.jpg", reading((1, 2, 30, 40)), reading((5, 6, 7, 8), "X1", 0.0512)),
        photo("a very long name.jpg"),
    )
    assert table.split("\n") == [
        "text        confidence  presence  region  box (x0 y0 x1 y1)  photo",
        "AB12CDE          90.0%     97.0%  GB      -1 0 32 42         first.jpg",
        "X1                5.1%     97.0%  GB      5 6 7 8            first.jpg",
        "(no plate)                                                   a very long name.jpg",
    ]
    sure = table_of(photo("first.jpg", reading((1, 2, 30, 40), confidence=0.99996)))
    assert " 99.9% " in sure and "100" not in sure
    alone = table_of(photo("first.jpg")).split("\n")
    assert alone[1] == "(no plate)"
    assert "photo" not in alone[0]


def test_json_has_the_documented_form(tmp_path: Path) -> None:
    with load_writer("json")(tmp_path / "out.json", several=False) as writer:
        writer.add(photo("a.jpg", reading((1, 2, 30, 40), "A1")), np.zeros((2, 2, 3), np.uint8))
    content = json.loads((tmp_path / "out.json").read_text())
    assert list(content) == ["file", "width", "height", "ms", "plates"]
    assert (content["width"], content["height"], content["ms"]) == (640, 480, 41.3)
    plate = content["plates"][0]
    assert plate["box"] == [-0.9, 0.1, 31.9, 41.9]  # a twentieth of the height as room
    assert plate["quad"] == [[1, 2], [30, 2], [30, 40], [1, 40]]
    assert [c["char"] for c in plate["characters"]] == ["A", "1"]


def test_lines_survive_an_interruption(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    path.write_text("old\n")

    def interrupted() -> None:
        with LinesFile(path) as lines:
            lines.add(photo("a.jpg").as_dict())
            lines.add(photo("b.jpg", reading((0, 0, 9, 9))).as_dict())
            assert path.read_text() == "old\n"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [json.loads(line)["file"] for line in path.read_text().splitlines()] == [
        "a.jpg",
        "b.jpg",
    ]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["lines", "table"])
@pytest.mark.parametrize("cut", [0, 1, 9, 70_000])
def test_lines_go_on_behind_whole_ones(tmp_path: Path, kind: str, cut: int) -> None:
    path, head = tmp_path / "out", "text,region\n" if kind == "table" else ""
    line = '{"text": "A"}\n' if kind == "lines" else "A,GB\n"
    for _ in range(2):
        with LinesFile(path, in_place=True, head=head, append=True) as lines:
            lines.write(line)
    with path.open("a") as file:
        file.write("{" + "x" * (cut - 1) if cut else "")  # what a kill leaves
    with LinesFile(path, in_place=True, head=head, append=True) as lines:
        lines.write(line)
    assert path.read_text() == head + 3 * line


@pytest.mark.parametrize(
    ("there", "head", "after"),
    [
        ("", "a,b\n", "a,b\n"),
        ("a,", "a,b\n", "a,b\n"),
        ('{"te', "", ""),
        ("a,c\n1,2\n", "a,b\n", None),
        ("\xff\xd8 a photo", "", None),
        ("a line of text\n", "", None),
    ],
)
def test_lines_go_on_behind_their_own_kind_only(
    tmp_path: Path, there: str, head: str, after: str | None
) -> None:
    path = tmp_path / "out"
    path.write_text(there)
    if after is None:
        lines = LinesFile(path, in_place=True, head=head, append=True)
        with pytest.raises(OutputError, match="to go on with"), lines:
            pass
        assert path.read_text() == there
        return
    with LinesFile(path, in_place=True, head=head, append=True):
        pass
    assert path.read_text() == after


def test_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "readings.jsonl"
    code = (
        "import sys; from pathlib import Path\n"
        "from platewright.errors import run_script\n"
        "from platewright.output.writer.jsonl import LinesFile\n"
        "from platewright.output.photo import PhotoReadings\n"
        "def main():\n"
        "    with LinesFile(Path(sys.argv[1])) as lines:\n"
        "        for k in range(1000):\n"
        "            photo = PhotoReadings(file=str(k), size=(1, 1), ms=1.0, readings=())\n"
        "            lines.add(photo.as_dict())\n"
        "run_script(main, 'detect.py')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert done.returncode == 1
    assert done.stderr == f"detect.py: {path}: can't be written: File too large\n"
    names = [json.loads(line)["file"] for line in path.read_text().splitlines()]
    assert names == [str(k) for k in range(len(names))]
    assert len(names) > 20


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    with LinesFile(tmp_path / "no" / "x") as lines:
        lines.add({"a": 1})
    assert (tmp_path / "no" / "x").read_text() == '{"a": 1}\n'


def test_tag_text_is_legible_on_every_colour() -> None:
    for confidence in np.linspace(0, 1, 101):
        colour = confidence_colour(float(confidence))
        assert contrast(colour, text_colour(colour)) >= 4.5
    assert contrast(annotation.UNREAD, text_colour(annotation.UNREAD)) >= 4.5


def test_ramp_ends_differ_for_people_without_red_or_green_cones() -> None:
    # Viénot, Brettel and Mollon 1999: what protanopes and deuteranopes see, in linear RGB.
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    low, middle, high = ((np.array(confidence_colour(c)) / 255) ** 2.2 for c in (0.1, 0.75, 1.0))
    for seen in (protan, deutan):
        for a, b in ((low, middle), (middle, high), (low, high)):
            assert np.abs(seen @ a - seen @ b).max() > 0.15


@pytest.mark.parametrize("size", [(480, 640), (60, 90), (12, 500), (500, 12), (5, 7), (1, 1)])
@pytest.mark.parametrize("text", ["AB12CDE", "ABCDEFGH0123", "", "A"])
def test_annotation_fits_every_picture(size: tuple[int, int], text: str) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    height, width = size
    boxes = [
        (0, 0, width, height),
        (width * 0.4, height * 0.4, width * 0.6, height * 0.6),
        (-50.0, -20.0, 3.0, 2.0),
        (width - 1.0, height - 1.0, width + 80.0, height + 30.0),
        (width + 10.0, height + 10.0, width + 80.0, height + 30.0),
    ]
    drawn = annotate(image, [reading(box, text) for box in boxes])
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (image == 90).all()
    if min(size) >= 60:
        assert (drawn != image).any(axis=-1).mean() > 0.02


def test_no_tag_says_that_a_reading_is_certain() -> None:
    image = np.full((400, 600), 90, np.uint8)

    def tag_width(confidence: float) -> int:
        drawn = annotate(image, [reading((200, 150, 210, 160), confidence=confidence)])
        return int((drawn != 90).any(axis=(0, 2)).sum())

    assert tag_width(1.0) == tag_width(0.99) == tag_width(0.9999) > tag_width(0.09)


def test_outline_lies_along_the_quad_and_nowhere_else() -> None:
    image = np.full((400, 600), 90, np.uint8)
    plate = (200.0, 150.0, 320.0, 190.0)
    drawn = annotate(image, [reading(plate, confidence=1.0)])
    assert drawn.shape == (400, 600, 3)
    changed = (drawn != 90).any(axis=-1)
    assert not changed[155:185, 205:315].any()
    assert not changed[200:].any()
    middle_of_left_side = drawn[170, 200].astype(int)
    assert np.abs(middle_of_left_side - confidence_colour(1.0)).max() < 60


def test_tag_is_above_else_below_and_inside() -> None:
    size, tag = (100, 200), (10, 40)
    assert place_tag((50, 50, 100, 70), tag, size, [], gap=2) == (50, 38, 90, 48)
    assert place_tag((50, 3, 100, 20), tag, size, [], gap=2) == (50, 22, 90, 32)
    # The plate fills the picture: inside it, since there is no other room.
    x0, y0, x1, y1 = place_tag((0, 0, 200, 100), tag, size, [], gap=2)
    assert 0 <= x0 < x1 <= 200
    assert 0 <= y0 < y1 <= 100
    # Right at the right edge the tag shifts to the left.
    assert place_tag((190, 50, 230, 70), tag, size, [], gap=2) == (160, 38, 200, 48)


def test_tags_keep_off_each_other_and_off_other_plates() -> None:
    size, tag = (300, 400), (14, 70)
    plates = [(100.0, 100.0 + 30 * k, 180.0, 120.0 + 30 * k) for k in range(4)]
    tags: list[Box] = []
    for number, plate in enumerate(plates):
        others = [*plates[:number], *plates[number + 1 :], *tags]
        tags.append(place_tag(plate, tag, size, others, gap=2))
    everything = [*plates, *tags]
    for k, a in enumerate(everything):
        for b in everything[k + 1 :]:
            wide = min(a[2], b[2]) - max(a[0], b[0])
            tall = min(a[3], b[3]) - max(a[1], b[1])
            assert wide <= 0 or tall <= 0, (a, b)


def test_sizes_follow_the_photo() -> None:
    def drawn_share(scale: int) -> float:
        image = np.full((240 * scale, 320 * scale, 3), 90, np.uint8)
        box = (100.0 * scale, 100.0 * scale, 180.0 * scale, 130.0 * scale)
        return float((annotate(image, [reading(box)]) != 90).any(axis=-1).mean())

    assert drawn_share(8) == pytest.approx(drawn_share(4), rel=0.2)


def test_any_face_does_and_none_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.full((200, 300, 3), 90, np.uint8)
    monkeypatch.setattr(annotation, "FONTS", tmp_path)
    annotation._face.cache_clear()
    try:
        (tmp_path / "broken.ttf").write_bytes(b"no face")
        assert (annotate(image, [reading((50, 100, 150, 130))]) != image).any()
    finally:
        annotation._face.cache_clear()
