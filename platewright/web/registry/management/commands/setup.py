"""Makes the first account of the registry, and says what lets people and programs in."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from platewright.errors import ConfigError, as_installed
from platewright.web.environment import secret_file


class Command(BaseCommand):
    """`manage.py setup [NAME]`."""

    help = "Make the first account of the registry, and say where the token for programs is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the account's name."""
        parser.add_argument("name", nargs="?", default="admin", metavar="NAME",
            help="of the account (%(default)s)")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is not there yet; what is there stays as it is."""
        accounts, name = get_user_model(), options["name"]
        try:
            accounts.username_validator(name)
        except ValidationError as error:
            raise ConfigError(f"{name}: no name of an account: {error.messages[0]}") from None
        if accounts.objects.filter(username=name).exists():
            again = as_installed(f"manage.py changepassword {name}")
            said = f"{name}, there already ({again} sets a new password)"
        else:
            password = secrets.token_urlsafe(12)
            accounts.objects.create_superuser(name, password=password)
            said = f"{name}, password {password} (it is kept nowhere else: write it down)"
        self.stdout.write(f"account  {said}")
        self.stdout.write("         people log in with it at /admin/ of the page")
        self.stdout.write(f"token    in {secret_file('token')}")
        self.stdout.write(
            f'         programs send it: -H "Authorization: Bearer $(cat {secret_file("token")})"'
        )
