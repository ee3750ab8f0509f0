"""Django's server for trying things out, which brings the database up to date by itself."""

from typing import Any

from django.contrib.staticfiles.management.commands.runserver import Command as Base
from django.core.management.base import CommandError

from platewright.errors import PlatewrightError
from platewright.web.database import bring_up_to_date, forget_daily
from platewright.web.request import warm_up


class Command(Base):
    """`manage.py runserver [ADDRESS:PORT]`."""

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Get ready, then serve."""
        try:
            if bring_up_to_date():
                self.stdout.write("The registry's tables are made.")
            warm_up()
        except PlatewrightError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        forget_daily()
        super().inner_run(*args, **options)
