"""Takes vehicles from a CSV file into the registry, and reports its bad rows."""

import sys
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from platewright.dataset.textfile import bounded
from platewright.errors import DatasetError, os_errors_as, printable
from platewright.file import named_path, open_file
from platewright.web.registry.vehicle_csv import COLUMNS, import_vehicles


class Command(BaseCommand):
    """`manage.py importvehicles FILE.csv`."""

    help = (
        f"Take vehicles from a CSV file with the columns {', '.join(COLUMNS)}; only plate must be "
        "there. Bad rows are left out and listed on stderr; then the exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's name."""
        parser.add_argument("file", type=named_path, metavar="FILE.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read it."""
        path: Path = options["file"]
        with (
            os_errors_as(DatasetError, path),
            TextIOWrapper(open_file(path), "utf-8-sig", newline="") as lines,
        ):
            report = import_vehicles(bounded(lines, path), name=str(path))
        for fault in report.faults:
            self.stderr.write(printable(f"{path}: {fault}"))
        self.stdout.write(f"{path}: {report}")
        if report.bad:
            sys.exit(1)
