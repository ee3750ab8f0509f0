"""Puts the figures of results/*.json into docs/model-card.md, between its two marks.

Run: python benchmarks/model_card.py. A test checks that the card shows what this writes. Results of
other weights than those that are here are left out, and so is what was not measured.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from figures import percent  # noqa: E402

from platewright.evaluation.report import digests  # noqa: E402
from platewright.file import file_digest  # noqa: E402
from platewright.reading.choice import default_choice, reader_weights  # noqa: E402

CARD = ROOT / "docs/model-card.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
NETWORKS = ("weights_sha256", "reader", "reader_sha256")
FEW = 10
"""Countries with fewer texts are put together: single plates are no figure."""


def load(name: str, networks: dict[str, str]) -> dict[str, Any] | None:
    """Return a file of results/; None where it is missing or of other networks."""
    path = ROOT / "results" / f"{name}.json"
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text())
    told = {key: values[key] for key in NETWORKS if key in values}
    return values if told == networks else None


def row(*cells: object) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def by_country(photos: dict[str, Any]) -> list[str]:
    """Return the table of countries."""
    lines = [
        "### By country",
        "",
        row("", "plates", "found %", "texts", "exact %", "folded %", "characters %"),
        row(*["---"] * 7),
    ]
    rest = {"plates": 0, "found": 0.0, "texts": 0, "exact": 0.0, "folded": 0.0}
    for code, each in photos["countries"].items():
        if code and each["texts"] >= FEW:
            shares = (percent(each[k]) for k in ("exact", "folded", "character_accuracy"))
            found = percent(each["overlap_any"])
            lines.append(row(code, each["plates"], found, each["texts"], *shares))
            continue
        rest["plates"] += each["plates"]
        rest["texts"] += each["texts"]
        rest["found"] += each["plates"] * each["overlap_any"]
        rest["exact"] += each["texts"] * (each["exact"] or 0)
        rest["folded"] += each["texts"] * (each["folded"] or 0)
    if rest["plates"]:
        texts = rest["texts"] or 1
        lines.append(
            row(
                "others",
                rest["plates"],
                percent(rest["found"] / rest["plates"]),
                rest["texts"],
                percent(rest["exact"] / texts),
                percent(rest["folded"] / texts),
                "",
            )
        )
    every, narrow = photos["all"], photos.get("narrow")
    titled = [("**all**", every)]
    if narrow:
        titled.append(("boxes less than 2.2 times as wide as high", narrow))
    for title, each in titled:
        shares = (percent(each[k]) for k in ("exact", "folded", "character_accuracy"))
        lines.append(
            row(title, each["plates"], percent(each["overlap_any"]), each["texts"], *shares)
        )
    return [*lines, "", f"    {photos['command']}", ""]


def confidence(photos: dict[str, Any], threshold: dict[str, Any] | None) -> list[str]:
    """Return what is said of confidence and false alarms."""
    lines = ["### Confidence and false alarms", ""]
    lines.append(
        f"On real photos the confidence is off by {percent(photos['calibration']['ece'])} "
        f"percentage points (expected calibration error, 15 bins of equal width, "
        f"{photos['calibration']['readings']} readings of labelled texts; right means folded). "
        f"{photos['shown']['extra_per_photo']:.2f} readings a photo are shown and overlap no "
        "label; other vehicles' plates that nobody labelled are among them."
    )
    if threshold:
        for name, title in (("photos", "real photos"), ("drawn", "drawings")):
            at = threshold["at_default"][name]
            lines += [
                "",
                f"From a confidence of {at['min_confidence']:g} on, the default, on {title}: "
                f"{percent(at['precision'])} % of the readings of a labelled text are right, "
                f"{percent(at['precision_all'])} % if readings beside every label count as wrong, "
                f"too; {percent(at['recall'])} % of all texts are so sure and right.",
            ]
        lines += [
            "",
            "![Precision against accepted texts](../results/threshold.png)",
            "",
            f"    {threshold['command']}",
        ]
    return [*lines, ""]


def by_condition(robustness: dict[str, Any]) -> list[str]:
    """Return the table of conditions."""
    lines = [
        "### By condition",
        "",
        f"{robustness['plates']} drawn plates at each value, one thing worsened at a time; part of "
        "them that is found and read right:",
        "",
    ]
    for name, rows in robustness["curves"].items():
        lines += [
            row(robustness["axes"][name], *(f"{each['at']:g}" for each in rows)),
            row(*["---"] * (len(rows) + 1)),
            row("read right %", *(f"{100 * each['read']:.0f}" for each in rows)),
            "",
        ]
    lines += ["![The same as curves](../results/robustness.png)", ""]
    return [*lines, f"    {robustness['command']}", ""]


def told_file(path: Path, name: str) -> str:
    """Return a file's name, size and digest."""
    return f"`{name}`, {path.stat().st_size / 1e6:.1f} MB, SHA-256 `{file_digest(path)}`"


def figures() -> str:
    """Return the whole part of the card."""
    weights = ROOT / "weights.onnx"
    readers = reader_weights(default_choice(weights))
    networks = digests(weights, readers)
    lines = [BEGIN, "## Figures", ""]
    told = [told_file(weights, weights.name)]
    told += [told_file(reader, f"readers/{reader.name}") for reader in readers]
    lines += [f"Of {' and '.join(told)}.", ""]
    photos, empty = load("realdev", networks), load("empty", networks)
    if photos:
        lines += by_country(photos)
    if photos and "accepted" in photos:
        lines += confidence(photos, load("threshold", networks))
    if empty:
        lines += [
            f"On {empty['photos']} photos without any plate, which training never saw: "
            f"{empty['shown_per_photo']:.3f} readings a photo that are shown, "
            f"{empty['accepted_per_photo']:.3f} that are accepted.",
            "",
            f"    {empty['command']}",
            "",
        ]
    robustness = load("robustness", networks)
    if robustness:
        lines += by_condition(robustness)
    return "\n".join([*lines, END])


def main() -> None:
    """Replace the part of the card."""
    text = CARD.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    CARD.write_text(before + figures() + after)


if __name__ == "__main__":
    main()
