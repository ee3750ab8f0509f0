"""Plates that are not all to be seen, and writing that is no plate: how many texts are accepted.

Run: python benchmarks/incomplete.py data/realdev/labels.csv --backgrounds bgs

Of each photo with one readable plate that is wide enough, three versions are read: whole; cut,
where the picture ends 30 % before the plate's right edge; and hidden, with a bar over a third of
it. Any accepted text of a cut or hidden plate is wrong, unless it is the whole one: a gate would
open on another's plate. Photos without plates get what cameras and people write into pictures: the
date, "CAM 03", the place; there every accepted text is wrong. So it is where one text of another
kind is written anywhere: a time, coordinates, an address, a speed, a sign. Where there are no
labelled photos, drawn scenes take their place (leave LABELS out). Writes results/incomplete.json.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from checkout import ROOT, write_result
from numpy.typing import NDArray

from platewright.dataset.format.labels_csv import read_labels
from platewright.errors import run_script
from platewright.evaluation.report import default_digests
from platewright.geometry import Box
from platewright.image import decode_image, encode_image, load_image
from platewright.reading.choice import load_detector
from platewright.record import Reading
from platewright.synth.street.picture import draw_street
from platewright.text import clean, fold

Picture = NDArray[np.uint8]
CUT, BAR = 0.3, 1 / 3
NARROWEST_PX = 80
CAPTIONS = (
    "2026-05-14 17:42:08", "14/05/2026 17:42", "CAM 03", "CAM3", "DRIVEWAY", "FRONT GATE",
    "Camera 01",
    "05-14-2026 Thu 17:42:08", "CH02", "IPCAM", "REC", "PARKPLATZ 2", "GARAGE", "ENTRANCE A1",
)  # fmt: skip
WRITTEN = (
    "##.##.20##", "20##/##/## ##:##", "## NOV 20##", "##:##:##.###", "##h##", "##.####N #.####W",
    "LAT ##.###", "##.###.#.###", "PORT ####", "CAMERA ##", "NVR-###", "SN @@######", "TEMP ##.#C",
    "RH ##%", "### KM/H", "SPEED ##", "OPEN #-##", "TAXI ####", "0### ######", "TEL ######",
    "@@@U#######", "TARE ####KG", "### EXPRESS", "LINE ##@", "A### EXIT ##", "LEVEL P#",
)  # fmt: skip
"""Other writing: # is a digit, @ a letter."""
FACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)


def photos(labels: Path | None, number: int) -> Iterator[tuple[str, Picture, str, Box]]:
    """Yield (name, picture, text, box) of plates that can be read and are wide enough."""
    if labels is None:
        for seed in range(number):
            image, record = draw_street(np.random.default_rng([seed, 1]))
            boxes = [(plate, plate.box) for plate in record.plates if plate.text]
            wide = [(p, b) for p, b in boxes if b[2] - b[0] >= NARROWEST_PX]
            if wide:
                plate, box = max(wide, key=lambda each: each[1][2] - each[1][0])
                yield f"street {seed}", image, plate.text, box
        return
    rows = read_labels(labels)
    found = 0
    for row in rows:
        alone = sum(other.file == row.file for other in rows) == 1
        if found == number or not (row.text and row.box and alone):
            continue
        x0, _, x1, _ = row.box
        if x1 - x0 >= NARROWEST_PX:
            found += 1
            yield row.file, load_image(labels.parent / "images" / row.file), row.text, row.box


def cut(image: Picture, box: Box) -> Picture:
    """Return the picture that ends `CUT` of the plate before its right edge."""
    return np.ascontiguousarray(image[:, : round(box[2] - CUT * (box[2] - box[0]))])


def hidden(image: Picture, box: Box, rng: np.random.Generator) -> Picture:
    """Return the picture with a bar across the plate, `BAR` of its width."""
    x0, y0, x1, y1 = box
    wide, high = x1 - x0, y1 - y0
    left = rng.uniform(x0, x1 - BAR * wide)
    out = image.copy()
    level = rng.integers(20, 120, 3).tolist()
    top, bottom = round(y0 - high), round(y1 + high)
    cv2.rectangle(out, (round(left), top), (round(left + BAR * wide), bottom), level, -1)
    return out


def captioned(image: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture with three captions, as cameras write them."""
    out = image.copy()
    height, width = out.shape[:2]
    places = rng.permutation(4)[:3]
    for place, text in zip(places, rng.choice(CAPTIONS, 3, replace=False), strict=True):
        face = FACES[rng.integers(len(FACES))]
        scale = height / 480 * rng.uniform(0.7, 1.4) * (1.6 if face == FACES[2] else 1.0)
        thick = max(round(scale * 2), 1)
        (wide, high), _ = cv2.getTextSize(str(text), face, scale, thick)
        x = 8 if place % 2 == 0 else max(width - wide - 8, 0)
        y = high + 8 if place < 2 else height - 10
        if rng.random() < 0.5:
            cv2.putText(out, str(text), (x, y), face, scale, (0, 0, 0), thick + 2, cv2.LINE_AA)
        elif rng.random() < 0.4:
            cv2.rectangle(out, (x - 4, y - high - 5), (x + wide + 4, y + 7), (0, 0, 0), -1)
        cv2.putText(out, str(text), (x, y), face, scale, (255, 255, 255), thick, cv2.LINE_AA)
    return out


def written(image: Picture, rng: np.random.Generator) -> Picture:
    """Return the picture with one text anywhere, on a sheet or not, as JPEG keeps it."""
    out = image.copy()
    height, width = out.shape[:2]
    signs = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    pattern = str(rng.choice(WRITTEN))
    text = "".join(str(rng.choice(list(signs.get(sign, sign)))) for sign in pattern)
    face = FACES[rng.integers(2)]
    scale = height / 480 * rng.uniform(0.6, 1.8)
    thick = max(round(scale * 2), 1)
    (wide, high), _ = cv2.getTextSize(text, face, scale, thick)
    x, y = rng.integers(max(width - wide, 1)), high + rng.integers(max(height - 2 * high, 1))
    ink, sheet = [(255, None), (255, 0), (0, 255)][rng.integers(3)]
    if sheet is not None:
        room = high // 2
        corners = (x - room, y - high - room), (x + wide + room, y + room)
        cv2.rectangle(out, *corners, (sheet,) * 3, -1)
    cv2.putText(out, text, (x, y), face, scale, (ink,) * 3, thick, cv2.LINE_AA)
    jpeg = encode_image(out, ".jpg", int(rng.integers(75, 96)))
    return decode_image(io.BytesIO(jpeg), "written")


def near(reading: Reading, box: Box) -> bool:
    """Tell whether a reading is of the plate."""
    x0, y0, x1, y1 = reading.box
    return x0 < box[2] and box[0] < x1 and y0 < box[3] and box[1] < y1


def told(reading: Reading, name: str, text: str = "") -> dict[str, Any]:
    """Return what is written down of an accepted text that is wrong."""
    return {
        "photo": name, "truth": text, "text": reading.text,
        "confidence": round(reading.confidence, 4), "presence": round(reading.presence, 4),
    }  # fmt: skip


def main() -> None:
    """Make the sets, read them, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path, nargs="?", help="CSV file of labelled photos")
    parser.add_argument("--backgrounds", type=Path, default=Path("bgs"), help="(%(default)s)")
    parser.add_argument("--photos", type=int, default=52, metavar="N", help="(%(default)s)")
    parser.add_argument("--empty", type=int, default=30, metavar="N", help="(%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "incomplete.json")
    args = parser.parse_args()
    detector = load_detector(ROOT / "weights.onnx")
    rng = np.random.default_rng(20)
    wrong: dict[str, list[dict[str, Any]]] = {
        kind: [] for kind in ("cut", "hidden", "captioned", "written")
    }
    whole, right, count = 0, 0, 0
    for name, image, text, box in photos(args.labels, args.photos):
        count += 1
        for reading in detector.read(image):
            if near(reading, box):
                same = fold(clean(reading.text)) == fold(clean(text))
                whole += same
                right += same and reading.accepted
        for kind, picture in (("cut", cut(image, box)), ("hidden", hidden(image, box, rng))):
            for reading in detector.read(picture):
                same = fold(clean(reading.text)) == fold(clean(text))
                if near(reading, box) and reading.accepted and not same:
                    wrong[kind].append(told(reading, name, text))
                    break
    empty = empty_photos(args.backgrounds, args.empty)
    more = np.random.default_rng(21)
    for name, image in empty:
        for kind, picture in (
            ("captioned", captioned(image, rng)), ("written", written(image, more))
        ):  # fmt: skip
            for reading in detector.read(picture):
                if reading.accepted:
                    wrong[kind].append(told(reading, name))
                    break
    figures = {
        "command": " ".join(["python benchmarks/incomplete.py", *sys.argv[1:]]),
        **default_digests(ROOT / "weights.onnx"),
        "photos": count,
        "whole_read_right": whole,
        "whole_read_right_and_accepted": right,
        "cut_accepted_wrong": len(wrong["cut"]),
        "hidden_accepted_wrong": len(wrong["hidden"]),
        "empty_photos": len(empty),
        "captioned_accepted_wrong": len(wrong["captioned"]),
        "written_accepted_wrong": len(wrong["written"]),
        "wrong": wrong,
    }
    write_result(args.out, figures, {k: v for k, v in figures.items() if k != "wrong"})


def empty_photos(folder: Path, number: int) -> list[tuple[str, Picture]]:
    """Return photos without plates, by name, spread over the folder."""
    paths = sorted(folder.glob("*.jpg"))
    chosen = paths[:: max(len(paths) // number, 1)][:number]
    return [(path.name, load_image(path)) for path in chosen]


if __name__ == "__main__":
    run_script(main, "incomplete.py")
