"""An evaluation's figures as text for a terminal, and what its JSON says of how it was made."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from platewright.errors import PlatewrightError
from platewright.file import file_digest
from platewright.reading.choice import default_choice, reader_weights
from platewright.text import share

__all__ = [
    "default_digests", "digests", "format_empty", "format_report", "processor", "provenance",
]  # fmt: skip


def provenance(
    arguments: Sequence[str],
    weights: Path,
    settings: Any,
    labels: Path | None = None,
    readers: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return what the JSON begins with: the command, and what it worked on.

    Args:
        arguments: of `evaluate.py`.
        weights: the file, told by name and SHA-256.
        settings: the detector's, a dataclass.
        labels: the file, told by SHA-256.
        readers: weights of other readers, told likewise.

    Raises:
        PlatewrightError: if a file can't be read.
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
        weights: of the default network.
        readers: weights that read beside them; `+` stands between those of several.

    Raises:
        PlatewrightError: if a file can't be read.
    """
    told = {"weights_sha256": _digest(weights)}
    if readers:
        told["reader"] = "+".join(reader.name for reader in readers)
        told["reader_sha256"] = "+".join(map(_digest, readers))
    return told


def default_digests(weights: Path) -> dict[str, str]:
    """Return `digests` of weights and of what reads with them where nobody chooses.

    Raises:
        PlatewrightError: if a file can't be read.
    """
    return digests(weights, reader_weights(default_choice(weights)))


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise PlatewrightError(f"{path}: can't be read: {error.strerror}") from None


def format_empty(figures: dict[str, Any]) -> str:
    """Return the figures of `read_empty` as text for a terminal, without a final line break."""
    lines = [
        f"photos without plates {figures['photos']}"
        + (f", that can't be read {figures['unreadable']}" if figures["unreadable"] else ""),
        f"readings: {figures['readings']}, {figures['per_photo']:.3f} per photo, in "
        f"{figures['photos_with_any']} photos; of confidence {figures['min_confidence']:g} and "
        f"more {figures['accepted_per_photo']:.3f} per photo",
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
        told = ", ".join(f"{cause} {count}" for cause, count in every["causes"].items())
        lines.append(f"what is wrong: {told}")
    narrow, accepted = report["narrow"], report["accepted"]
    if narrow["texts"]:
        lines.append(
            f"boxes less than 2.2 times as wide as high: texts {narrow['texts']}, found "
            f"{share(narrow['overlap_any'])}, exact {share(narrow['exact'])}, folded "
            f"{share(narrow['folded'])}"
        )
    lines.append(
        f"accepted from confidence {accepted['min_confidence']:g} on: precision "
        f"{share(accepted['precision'])}, with readings that overlap no label "
        f"{share(accepted['precision_all'])}; {share(accepted['recall'])} of the texts"
    )
    if report["extra_per_photo"] is not None:
        lines.append(f"readings that overlap no label: {report['extra_per_photo']:.3f} per photo")
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
