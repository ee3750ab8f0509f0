"""Removes old sightings, with their pictures."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from platewright.argument import bounded
from platewright.web.registry.sighting import forget_sightings

__all__ = ["Command"]


class Command(BaseCommand):
    """`manage.py forgetsightings --keep-days 30`."""

    help = "Remove sightings older than --keep-days, and the pictures kept with them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of days."""
        parser.add_argument(
            "--keep-days", type=bounded(float, 0, 36_500), required=True, metavar="N"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them."""
        count = forget_sightings(options["keep_days"])
        self.stdout.write(f"{count} sightings forgotten")
