"""The log of a run: a CSV file, and a line of progress on the terminal."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

__all__ = ["Log", "say"]


class Log:
    """A CSV file whose header grows when new columns turn up.

    Args:
        path: the file; rows that it has are kept.
        step: of the run; rows of later steps, which a killed run left behind, are dropped.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        """Read the rows up to the step."""
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            with path.open(newline="") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["step"]) <= step]

    def __enter__(self) -> Log:
        """Use as a context."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write at the end."""
        self.flush()

    def write(self, row: dict[str, Any]) -> None:
        """Add a row and write the file."""
        self.rows.append(row)
        self.flush()

    def flush(self) -> None:
        """Write all rows."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)


def say(row: dict[str, Any], progress: float, elapsed_s: float) -> None:
    """Print one line of progress."""
    left = f"left {elapsed_s * (1 - progress) / progress / 60:.0f} min" if progress > 0 else ""
    bar = "#" * int(20 * progress)
    facts = " ".join(
        f"{k}={v:.3g}" for k, v in row.items() if k not in ("step", "elapsed_s", "rate")
    )
    print(
        f"[{bar:<20}] {100 * progress:4.1f} % step {row['step']} {facts} {left}",
        file=sys.stderr,
        flush=True,
    )
