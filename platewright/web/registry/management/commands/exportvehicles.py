"""Writes the registry's vehicles as a CSV file."""

import io
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from platewright.errors import counted
from platewright.file import named_path, refuse_existing, write_file
from platewright.web.registry.vehicle_csv import export_vehicles


class Command(BaseCommand):
    """`manage.py exportvehicles FILE.csv`."""

    help = "Write all vehicles as CSV: what importvehicles reads back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's name."""
        parser.add_argument("file", type=named_path, metavar="FILE.csv")
        parser.add_argument("--force", action="store_true", help="overwrite what is there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, whole or not at all."""
        path: Path = options["file"]
        refuse_existing(path, force=options["force"])
        text = io.StringIO(newline="")
        count = export_vehicles(text)
        write_file(path, text.getvalue().encode())
        self.stderr.write(f"{path}: {counted(count, 'vehicle')}")
