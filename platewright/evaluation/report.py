"""An evaluation's figures as text, how it was made, and a page of its failures.

A file that can't be read or written is a `PlatewrightError`.
"""

import html
import platform
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from platewright.errors import PlatewrightError, os_errors_as
from platewright.evaluation.metrics import Outcome
from platewright.file import file_digest, make_folder, write_file
from platewright.geometry import Box, Picture, clip_box, iou, size_of
from platewright.image import save_image
from platewright.output.annotation import annotate
from platewright.reading.choice import default_choice, reader_weights
from platewright.record import Reading
from platewright.text import NONE, align, edit_distance, percent, share


def provenance(
    arguments: Sequence[str],
    weights: Path,
    settings: Any,
    labels: Path | None = None,
    readers: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return what the JSON begins with: the command, and what it worked on.

    Args:
        weights: the file, told by name and SHA-256.
        labels: the file, told by SHA-256.
        readers: weights of other readers, told likewise.
    """
    return {
        "command": "python evaluate.py " + shlex.join(arguments),
        "processor": processor(),
        "weights": weights.name,
        **digests(weights, readers),
        **({} if labels is None else {"labels_sha256": _digest(labels)}),
        "detector": asdict(settings),
    }


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """Return what times were measured on: the processor's name, and whether it multiplies bytes.

    Args:
        told: what Linux tells of it.
    """
    try:
        lines = told.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    facts = {key.strip(): value.strip() for key, _, value in (one.partition(":") for one in lines)}
    name = facts.get("model name") or platform.processor() or platform.machine()
    flags = facts.get("flags", "").split()
    if not flags:
        return name
    return f"{name}, {'with' if {'avx512_vnni', 'avx_vnni'} & {*flags} else 'without'} VNNI"


def digests(weights: Path, readers: Sequence[Path] = ()) -> dict[str, str]:
    """Return what tells weights from others: `weights_sha256`, and `reader`, `reader_sha256`.

    Args:
        readers: weights that read beside them; `+` stands between those of several.
    """
    told = {"weights_sha256": _digest(weights)}
    if readers:
        told["reader"] = "+".join(reader.name for reader in readers)
        told["reader_sha256"] = "+".join(map(_digest, readers))
    return told


def default_digests(weights: Path) -> dict[str, str]:
    """Return `digests` of weights and of what reads with them where nobody chooses."""
    return digests(weights, reader_weights(default_choice(weights)))


def _digest(path: Path) -> str:
    with os_errors_as(PlatewrightError, path):
        return file_digest(path)


def format_empty(figures: dict[str, Any]) -> str:
    """Return the figures of `read_empty` as text for a terminal, without a final line break."""
    lines = [
        f"photos without plates {figures['photos']}"
        + (f", that can't be read {figures['unreadable']}" if figures["unreadable"] else ""),
        f"readings: {figures['readings']}, {figures['per_photo']:.3f} per photo, in "
        f"{figures['photos_with_any']} photos; accepted, of confidence "
        f"{figures['min_confidence']:g} and more, {figures['accepted_per_photo']:.3f} per photo",
        f"time per photo: median {figures['ms']['median']} ms, p95 {figures['ms']['p95']} ms",
    ]
    lines += [
        f"  {each['file']}: {each['text']} ({each['confidence']:.2f})"
        for each in figures["surest"][:5]
    ]
    return "\n".join(lines)


def format_report(report: dict[str, Any]) -> str:
    """Return an evaluation's report as text for a terminal, without a final line break."""
    every = report["all"]
    lines = [
        f"photos {report['photos']}, plates {every['plates']}, with text {every['texts']}"
        + (f", photos that can't be read {report['unreadable']}" if report["unreadable"] else ""),
        f"overlap: any {share(every['overlap_any'])}, IoU >= 0.5 {share(every['overlap_half'])}",
        f"text: exact {share(every['exact'])}, folded (O=0, I=1) {share(every['folded'])}, "
        f"characters {share(every['character_accuracy'])}",
    ]
    if every["region"] is not None:
        lines.append(f"country of what is read right: right {share(every['region'])}")
    if every["causes"]:
        lines.append("what is wrong: " + ", ".join(f"{k} {n}" for k, n in every["causes"].items()))
    narrow, accepted = report["narrow"], report["accepted"]
    if narrow["texts"]:
        lines.append(
            f"boxes less than 2.2 times as wide as high: texts {narrow['texts']}, found "
            f"{share(narrow['overlap_any'])}, exact {share(narrow['exact'])}, folded "
            f"{share(narrow['folded'])}"
        )
    lines.append(
        f"accepted, of confidence {accepted['min_confidence']:g} and more: precision "
        f"{share(accepted['precision'])}, with readings that overlap no label "
        f"{share(accepted['precision_all'])}; {share(accepted['recall'])} of the texts"
    )
    if report["extra_per_photo"] is not None:
        extra, shown = report["extra_per_photo"], report["shown"]["extra_per_photo"]
        lines.append(f"readings that overlap no label: {extra:.3f} per photo; shown {shown:.3f}")
    lines.append(
        f"time per photo: median {report['ms']['median']} ms, p95 {report['ms']['p95']} ms"
    )
    lines += ["", "country  plates    any  >=0.5  texts  exact  folded  characters  region"]
    lines += [
        f"{country or '(none)':<7}  {row['plates']:>6}  {share(row['overlap_any']):>5}  "
        f"{share(row['overlap_half']):>5}  {row['texts']:>5}  {share(row['exact']):>5}  "
        f"{share(row['folded']):>6}  {share(row['character_accuracy']):>10}  "
        f"{share(row['region']):>6}"
        for country, row in report["countries"].items()
    ]
    calibration = report["calibration"]
    lines += ["", f"calibration: ECE {calibration['ece']:.3f}"]
    lines.append("confidence  readings   mean  right")
    lines += [
        f"{row['from']:.2f}-{row['to']:.2f}   {row['count']:>8}  "
        f"{share(row['confidence']):>5}  {share(row['accuracy']):>5}"
        for row in calibration["table"]
    ]
    wrong = sorted(
        (-count, truth, read)
        for truth, row in report["confusions"].items()
        for read, count in row.items()
        if truth != read
    )
    if wrong:
        most = ", ".join(f"{truth}>{read} {-count}" for count, truth, read in wrong[:12])
        lines += ["", f"most frequent confusions (true>read, - is none): {most}"]
    return "\n".join(lines)


FAILURES = ("not found", "badly framed", "misread")  #: The kinds of outcome that the page shows
PICTURE_WIDTH, PICTURE_HEIGHT = 460, 320
TRUTH_LINE = (255, 255, 255)
STYLE = Path(__file__).with_name("gallery.css")


@dataclass(frozen=True)
class _Card:
    """One failure on the page."""

    picture: str  #: where it is
    size: tuple[int, int]  #: its (height, width), px
    outcome: Outcome


class Gallery:
    """A folder with `index.html` and the pictures it shows.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cards: list[_Card] = []
        make_folder(folder / "plates")

    def add(self, image: Picture, outcomes: Sequence[Outcome], readings: list[Reading]) -> None:
        """Keep the failures among a photo's outcomes, each with its part of the photo.

        Args:
            image: uint8 (H, W, 3) RGB photo.
        """
        for outcome in outcomes:
            if outcome.kind not in FAILURES:
                continue
            crop = crop_round(image, outcome, readings)
            name = f"plates/{len(self.cards):05d}.jpg"
            save_image(self.folder / name, crop, quality=85)
            self.cards.append(_Card(name, size_of(crop), outcome))

    def write(self, report: dict[str, Any]) -> Path:
        """Write the page, the worst failures first, and return where it is."""
        cards = sorted(self.cards, key=lambda card: -badness(card.outcome))
        every, kinds = report["all"], report["kinds"]
        figures = [
            (every["plates"], "plates"),
            (f"{share(every['overlap_any'])} %", "found"),
            (f"{share(every['overlap_half'])} %", "IoU 0.5 or more"),
            (f"{share(every['folded'])} %", "read (O=0, I=1)"),
            (f"{share(every['character_accuracy'])} %", "characters"),
            *((kinds.get(kind, 0), kind) for kind in FAILURES),
        ]
        counts = "".join(f"<div><b>{value}</b><span>{name}</span></div>" for value, name in figures)
        body = "\n".join(_article(card) for card in cards)
        page = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            "<title>Plates that went wrong</title>"
            f"<style>\n{STYLE.read_text('utf-8')}</style></head><body>\n"
            f"<h1>Plates that went wrong: {len(cards)}</h1>\n"
            "<p>Worst first: what was read wrongly and surely, then what was missed, then single "
            "characters. The white box is the label, the coloured outline what was found; bars "
            "are the probabilities of the characters read.</p>\n"
            f'<div class="counts">{counts}</div>\n<main>\n{body}\n</main></body></html>\n'
        )
        path = self.folder / "index.html"
        write_file(path, page.encode())
        return path


def badness(outcome: Outcome) -> float:
    """Return how bad a failure is, 0-2: the share of wrong characters plus the confidence.

    So a text that is wrong and sure comes before a plate that was missed.
    """
    confidence = outcome.reading.confidence if outcome.reading else 0.0
    if not outcome.text:
        return 1.0 if outcome.reading is None else 1.0 - outcome.iou
    wrong = min(1.0, edit_distance(outcome.text, outcome.read) / len(outcome.text))
    return wrong + confidence


def crop_round(image: Picture, outcome: Outcome, readings: Sequence[Reading]) -> Picture:
    """Return the annotated part of a photo round a label and what was found there.

    Returns:
        uint8 (h, w, 3), at most 460 x 320, with the label's box in white.
    """
    boxes = [outcome.box, *([outcome.reading.box] if outcome.reading else [])]
    x0, y0 = (min(box[k] for box in boxes) for k in (0, 1))
    x1, y1 = (max(box[k] for box in boxes) for k in (2, 3))
    room = 0.5 * (x1 - x0)
    size = size_of(image)
    left, top, right, bottom = clip_box((x0 - room, y0 - room, x1 + room, y1 + room), size)
    # A label outside the photo still gets a picture, if only of its edge.
    column, row = min(int(left), size[1] - 1), min(int(top), size[0] - 1)
    part = image[row : max(int(np.ceil(bottom)), row + 1), column : max(int(right), column + 1)]
    scale = min(PICTURE_WIDTH / part.shape[1], PICTURE_HEIGHT / part.shape[0])
    new_size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    crop = cv2.resize(part, new_size, interpolation=how).astype(np.uint8, copy=False)
    _draw_truth(crop, outcome.box, (column, row), scale)
    shown = [
        replace(reading, quad=(reading.quad - [column, row]) * scale)
        for reading in readings
        if iou(reading.box, (column, row, column + part.shape[1], row + part.shape[0]))
    ]
    return annotate(crop, shown)


def _draw_truth(crop: Picture, box: Box, origin: tuple[int, int], scale: float) -> None:
    """Draw the label's box, in place: white, with a dark edge on both sides."""
    corners = (np.array(box).reshape(2, 2) - origin) * scale
    (x0, y0), (x1, y1) = np.rint(corners).astype(int).tolist()
    for colour, thickness in (((0, 0, 0), 3), (TRUTH_LINE, 1)):
        cv2.rectangle(crop, (x0, y0), (x1, y1), colour, thickness)


def _article(card: _Card) -> str:
    """Return the HTML of one failure."""
    outcome, reading = card.outcome, card.outcome.reading
    pairs = align(outcome.text, outcome.read) if outcome.text else []
    truth = "".join(f"<td>{'' if t == NONE else t}</td>" for t, _ in pairs)
    read = "".join(
        f"<td{' class=wrong' if t != r else ''}>{'·' if r == NONE else r}</td>" for t, r in pairs
    )
    if not outcome.text:
        truth, read = "<td>no text</td>", f"<td>{html.escape(outcome.read)}</td>"
    if reading is None:
        # No width of its own, or it would push the true characters apart.
        read = '<td class="nothing">nothing</td>'
    notes = [html.escape(outcome.file), html.escape(outcome.country), f"IoU {outcome.iou:.2f}"]
    bars = ""
    if reading is not None:
        notes += [f"confidence {reading.confidence:.2f}", f"presence {reading.presence:.2f}"]
        hints = (
            ", ".join(f"{a} {percent(p)}" for a, p in c.alternatives) for c in reading.characters
        )
        bars = "".join(
            f'<div title="{html.escape(hint)}"><s>'
            f'<i style="height:{100 * c.probability:.0f}%"></i></s>{html.escape(c.char)}<br>'
            f"{percent(c.probability)}</div>"
            for c, hint in zip(reading.characters, hints, strict=True)
        )
    return (
        f'<article><img src="{card.picture}" width="{card.size[1]}" height="{card.size[0]}" '
        f'loading="lazy" alt="the plate {html.escape(outcome.text or "without text")}">'
        f'<div class="words"><span class="kind">{outcome.kind}</span>'
        f'<table class="texts"><tr><th>true</th>{truth}</tr><tr><th>read</th>{read}</tr></table>'
        f'<div class="bars">{bars}</div><small>{" · ".join(n for n in notes if n)}</small>'
        "</div></article>"
    )
