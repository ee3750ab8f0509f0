"""Puts the figures of results/*.json into README.md, between its two marks.

Run: python benchmarks/figures.py. A test checks that the README shows what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
MEASURED = (
    "realdev", "realdev2", "realdev_boxes", "crops_us", "realdev_720", "gb", "gb_region", "in",
    "in_region", "empty",
)  # fmt: skip
"""Results of the bundled weights, in the order of the README."""
EXACT = ("realdev_float", "realdev_720_float")
"""Results of the bundled weights of 32-bit floats."""
READ = ("exact", "folded", "character_accuracy")
COUNTRIES = ("GB", "IN", "PK", "US", "DE")


def load(name: str) -> dict[str, Any]:
    """Return one file of results/."""
    values: dict[str, Any] = json.loads((ROOT / "results" / name).read_text())
    return values


def percent(part: float | None) -> str:
    """Return 0-1 as per cent with one decimal.

    >>> percent(0.6189), percent(None)
    ('61.9', '')
    """
    return "" if part is None else f"{100 * part:.1f}"


def readings() -> list[str]:
    """Return the table of what is found and read on real photos."""
    names = ("realdev", "realdev2", "realdev_float", "realdev_boxes", "crops_us")
    photos, further, exact, boxes, crops = (load(f"{name}.json") for name in names)
    lines = [
        "| | texts | found: any overlap % | IoU >= 0.5 % | exact % | folded % | characters % "
        "| other readings shown a photo | median ms (95th) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, result, whole in (
        ("whole photos of the world", photos, True),
        ("the same by `weights.float.onnx`", exact, True),
        ("the same, plates' boxes given", boxes, False),
        ("further photos: US and Canada, world, China", further, True),
        ("crops of US plates", crops, False),
    ):
        all_, ms = result["all"], result["ms"]
        found = [percent(all_["overlap_any"]), percent(all_["overlap_half"])] if whole else ["", ""]
        cells = [
            title,
            str(all_["texts"]),
            *found,
            *(percent(all_[k]) for k in READ),
            f"{result['shown']['extra_per_photo']:.2f}" if whole else "",
            f"{ms['median']:.0f} ({ms['p95']:.0f})",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| whole photos, by country | " + " | ".join(COUNTRIES) + " |"]
    lines.append("|---|" + "---|" * len(COUNTRIES))
    for title, key in (("texts", "texts"), ("found %", "overlap_any"), ("folded %", "folded")):
        row = [photos["countries"][c][key] for c in COUNTRIES]
        cells = [str(v) if key == "texts" else percent(v) for v in row]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def region_row(title: str, key: str, names: tuple[str, ...]) -> str:
    """Return one row over the results without and with a region."""
    cells = [percent(load(f"{name}.json")["all"][key]) for name in names]
    return f"| {title} | " + " | ".join(cells) + " |"


def regions() -> list[str]:
    """Return what reading under a region's syntaxes gains."""
    names = ("gb", "gb_region", "in", "in_region")
    return [
        "| | GB | GB with `--region GB` | IN | IN with `--region IN` |",
        "|---|---|---|---|---|",
        region_row("exact %", "exact", names),
        region_row("folded %", "folded", names),
    ]


def confidence(photos: dict[str, Any]) -> str:
    """Return what is said of confidence, false alarms and speed."""
    accepted, empty = photos["accepted"], load("empty.json")
    large, exact = load("realdev_720.json"), load("realdev_720_float.json")
    return (
        "Of the labelled texts that are accepted (a whole text, of a plate, with confidence "
        f"{accepted['min_confidence']:g} and more) {percent(accepted['precision'])} % are right, "
        f"and {percent(accepted['recall'])} % "
        "of all texts are accepted and right; the expected calibration error is "
        f"{photos['calibration']['ece']:.3f}. "
        f"On {empty['photos']} photos without a plate, which training never saw, there are "
        f"{empty['shown_per_photo']:.3f} readings a photo that are shown. All photos scaled to "
        f"1280x720 take "
        f"{large['ms']['median']:.0f} ms in the median, {exact['ms']['median']:.0f} with "
        "`weights.float.onnx`. "
        "Many of the other readings are plates that nobody labelled."
    )


def reader_table(readers: dict[str, Any]) -> list[str]:
    """Return the table of all readers, of what benchmarks/readers.py measured."""
    lines = [
        "| reader | parameters | ms a crop | drawn: exact / folded / characters % | "
        "realdev's boxes | crops_us |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in readers.items():
        count = f"{one['parameters']:,}" if one["parameters"] else ""
        cells = [name, count, f"{one['ms']:.1f}"]
        for where in ("drawn", "realdev", "crops_us"):
            score = one.get(where)
            if score is None:
                cells.append("")
            elif "iou" in score:
                cells.append(f"mean IoU {score['iou']:.3f}, constant {score['constant_iou']:.3f}")
            else:
                cells.append(" / ".join(percent(score[k]) for k in READ))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def readers() -> list[str]:
    """Return what the other readers read of the same plates, where that was measured."""
    if not (ROOT / "results/readers.json").is_file():
        return []
    result = load("readers.json")
    there, here = (load(name).get("processor") for name in ("realdev.json", "readers.json"))
    other = (
        "" if here == there else f" These times are of another machine than those above: {here}."
    )
    return [
        "All readers on given boxes: drawn plates with faces and backgrounds that training did not "
        "have, and real ones. `box` finds instead of reading: the one plate of drawn photos, and "
        "of the real photos that have one." + other,
        "",
        *reader_table(result["readers"]),
        "",
        f"    {result['command']}",
        "",
    ]


def drawing() -> str:
    """Return how fast drawing is, beside others."""
    result, scale = load("drawing.json"), load("drawing_scale.json")
    ours, peers = result["ours"], result["peers"]
    beside = ", ".join(
        f"{title} {peers[name]['per_s']:.0f}"
        for title, name in (
            ("deep-anpr", "deep_anpr"), ("TRDG", "trdg"), ("SynthTIGER", "synthtiger"),
        )
        if name in peers
    )  # fmt: skip
    return (
        f"Drawing on one core: {ours['windows']['per_s']:,.0f} grey windows of 128x64 a "
        f"second with all effects, each plate posed four times "
        f"({ours['windows_1_poses']['per_s']:,.0f} with a plate of its own for each), "
        f"{ours['scenes_grey']['per_s']:.0f} grey or {ours['scenes_colour']['per_s']:.0f} coloured "
        f"scenes of 640x480 with boxes of all characters; on the same machine {beside} pictures "
        f"(`{result['command']}`). `gen.py` with two processes instead of one writes "
        f"{scale['windows']['two_over_one']:.2f} times as many windows and "
        f"{scale['scenes']['two_over_one']:.2f} times as many scenes; two plain loops that write "
        f"nothing draw {scale['windows']['two_over_one_drawing_alone']:.2f} and "
        f"{scale['scenes']['two_over_one_drawing_alone']:.2f} times as many there "
        f"(`{scale['command']}`)."
    )


def paths() -> list[str]:
    """Return how far every path of the program is from its floor, and how long reading takes."""
    result, before = load("bench.json")["paths"], load("reading_time.json")
    told = ", ".join(f"{name} {each['ratio']:.2f}" for name, each in result.items())
    return [
        "Every path of the program over its floor in the same run, such as reading over the "
        f"networks' multiplications and decoding (`make bench` says which floors): {told}. A photo "
        f"of 1280x720 takes {before['ratio']:.2f} of the time that it took the first edition "
        f"(`{before['command']}`).",
        "",
        "![Every path beside its floor](docs/bench.png)",
    ]


def figures() -> str:
    """Return the whole part of the README."""
    photos, crops, further = (load(f"{n}.json") for n in ("realdev", "crops_us", "realdev2"))
    extraction, training = load("extraction.json"), load("training_input.json")
    large = extraction["enlarged_4_times"]
    lines = [
        BEGIN,
        "## Figures",
        "",
        f"The bundled weights (`{photos['weights_sha256'][:12]}`) on real photos that they never "
        f"saw: {photos['photos']:,} of cars and motorcycles of 35 countries and more, "
        f"{further['photos']:,} further ones of 40 countries, and {crops['photos']:,} crops of US "
        "plates. One thread of one core; folded counts O as 0 and I as 1. Of Chinese plates the "
        "Latin part is counted, without the sign before it.",
        "",
        *readings(),
        "",
        *regions(),
        "",
        confidence(photos),
        "",
        *(f"    {load(f'{name}.json')['command']}" for name in (*MEASURED, *EXACT)),
        "",
        *readers(),
        "By country, condition and threshold: [the model card](docs/model-card.md).",
        "",
        drawing(),
        "",
        f"Extracting backgrounds from large photos: {large['photos_per_s']['ours_1']} a second in "
        f"one process, {large['ratio_one_process']} times the plain loop "
        f"(`{extraction['command']}`). Training: the step waits "
        f"{percent(training['part_of_the_time_waiting_for_drawings'])} % of its time for drawings "
        f"(`{training['command']}`).",
        "",
        *paths(),
        END,
    ]
    return "\n".join(lines)


def main() -> None:
    """Replace the part of the README."""
    path = ROOT / "README.md"
    text = path.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if END in rest else rest
    path.write_text(before + figures() + after)


if __name__ == "__main__":
    main()
