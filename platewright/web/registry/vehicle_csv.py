"""Vehicles as a CSV file, in and out: good rows are taken, bad ones reported with their line."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from platewright.errors import DatasetError
from platewright.text import shielded, unshielded
from platewright.web.registry.lookup import note_change
from platewright.web.registry.models import Vehicle

COLUMNS = ("plate", "region", "holder", "note", "list", "valid_from", "valid_until")
MOST_FAULTS = 1000
BATCH = 1000
LONGEST_CELL = 10_000


@dataclass(kw_only=True)
class Report:
    """What became of a file."""

    added: int = 0  #: new vehicles
    changed: int = 0  #: vehicles that were there and now have the file's values
    same: int = 0  #: vehicles that were there with these very values
    #: a line for each bad row, at most `MOST_FAULTS`
    faults: list[str] = field(default_factory=list)
    bad: int = 0  #: how many bad rows there were

    def __str__(self) -> str:
        return (
            f"{self.added} added, {self.changed} changed, {self.same} as they were, {self.bad} bad"
        )

    def fault(self, line: int, why: str) -> None:
        """Note a bad row."""
        self.bad += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"line {line}: {why}")


def import_vehicles(lines: Iterable[str], *, name: str) -> Report:
    """Take vehicles from a CSV file with a header line; `plate` is the one column it must have.

    A vehicle that is there already (same plate and region) gets the values of the columns that the
    file has. Bad rows are left out and reported, all others are stored.

    Raises:
        DatasetError: if the file as a whole can't be read; then nothing is stored.
    """
    report = Report()
    try:
        reader = csv.reader(lines, strict=True)
        header = [cell.strip().lower().lstrip("\ufeff") for cell in next(reader, [])]
        _check_header(header, name)
        with transaction.atomic():
            _store(_rows(reader, header, report), header, report)
            if report.added or report.changed:
                note_change()
    except csv.Error as error:
        raise DatasetError(f"{name}: line {reader.line_num}: no CSV: {error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{name}: not a text file in UTF-8; save it as CSV in UTF-8") from error
    return report


def export_vehicles(stream: IO[str]) -> int:
    """Write all vehicles as CSV that `import_vehicles` reads back, and return how many.

    A cell that a spreadsheet would take for a formula has an apostrophe before it.
    """
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    count = 0
    for row in Vehicle.objects.order_by("plate", "region").values_list(*COLUMNS).iterator():
        writer.writerow(map(shielded, row))
        count += 1
    return count


def _check_header(header: list[str], name: str) -> None:
    """Refuse a file without a plate column, or with columns that are not known or stand twice."""
    if "plate" not in header:
        raise DatasetError(
            f"{name}: no column 'plate' in its first line, with commas between; columns are "
            f"{', '.join(COLUMNS)}"
        )
    if foreign := [cell for cell in header if cell not in COLUMNS]:
        raise DatasetError(
            f"{name}: unknown column {foreign[0]!r}; columns are {', '.join(COLUMNS)}"
        )
    if len(set(header)) < len(header):
        raise DatasetError(f"{name}: a column stands twice in its first line")


def _rows(
    reader: Iterator[list[str]], header: list[str], report: Report
) -> Iterator[tuple[int, Vehicle]]:
    """Yield (line, vehicle) of the good rows."""
    lines: dict[tuple[str, str], int] = {}
    for cells in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            report.fault(line, f"{len(cells)} cells, the first line has {len(header)}")
            continue
        values = {key: unshielded(cell.strip()) for key, cell in zip(header, cells, strict=True)}
        try:
            vehicle = _vehicle(values)
        except ValidationError as error:
            why = "; ".join(f"{k}: {' '.join(v)}" for k, v in error.message_dict.items())
            report.fault(line, why.replace("__all__: ", ""))
            continue
        key = (vehicle.plate, vehicle.region)
        if key in lines:
            report.fault(line, f"{vehicle} stands in line {lines[key]} already")
            continue
        lines[key] = line
        yield line, vehicle


def _vehicle(values: dict[str, str]) -> Vehicle:
    """Return a checked vehicle, not stored yet."""
    faults = {}
    days: dict[str, date | None] = {}
    for key in ("valid_from", "valid_until"):
        try:
            days[key] = date.fromisoformat(values[key]) if values.get(key) else None
        except ValueError:
            faults[key] = f"{values[key]!r} is no day; write 2026-12-31"
    for key, value in values.items():
        if "\0" in value or len(value) > LONGEST_CELL:
            faults[key] = "too long, or not plain text"
    if faults:
        raise ValidationError(faults)
    texts = {key: values.get(key, "") for key in ("plate", "region", "holder", "note")}
    vehicle = Vehicle(**texts, list=values.get("list", "").lower(), **days)
    vehicle.full_clean(validate_unique=False, validate_constraints=False)
    if days["valid_from"] and days["valid_until"] and days["valid_until"] < days["valid_from"]:
        raise ValidationError({"valid_until": "before valid_from"})
    return vehicle


def _store(rows: Iterator[tuple[int, Vehicle]], header: list[str], report: Report) -> None:
    """Add and change vehicles, some thousand at a time."""
    fields = [key for key in header if key not in ("plate", "region")]
    batch: list[Vehicle] = []

    def flush() -> None:
        plates = [vehicle.plate for vehicle in batch]
        there = {(v.plate, v.region): v for v in Vehicle.objects.filter(plate__in=plates)}
        new, changed = [], []
        for vehicle in batch:
            old = there.get((vehicle.plate, vehicle.region))
            if old is None:
                new.append(vehicle)
            elif any(getattr(old, key) != getattr(vehicle, key) for key in fields):
                old.changed = timezone.now()  # by itself only where one is saved alone
                for key in fields:
                    setattr(old, key, getattr(vehicle, key))
                changed.append(old)
            else:
                report.same += 1
        Vehicle.objects.bulk_create(new)
        if changed:
            Vehicle.objects.bulk_update(changed, [*fields, "changed"])
        report.added += len(new)
        report.changed += len(changed)
        batch.clear()

    for _, vehicle in rows:
        batch.append(vehicle)
        if len(batch) >= BATCH:
            flush()
    flush()
