"""Removes old sightings, with their pictures."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from platewright.errors import ConfigError, counted
from platewright.web.registry.lookup import forget_sightings

MOST_DAYS = 36_500


class Command(BaseCommand):
    """`manage.py forgetsightings --keep-days 30`."""

    help = "Remove sightings older than --keep-days, and the pictures kept with them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the number of days."""
        parser.add_argument(
            "--keep-days", type=float, required=True, metavar="N", help="0: all of them go"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them."""
        if not 0 <= options["keep_days"] <= MOST_DAYS:
            raise ConfigError(f"--keep-days: not between 0 and {MOST_DAYS}")
        count = forget_sightings(options["keep_days"])
        self.stdout.write(f"{counted(count, 'sighting')} forgotten")
