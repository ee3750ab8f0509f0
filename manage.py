"""Runs the web page, the API and the registry: python manage.py serve."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("manage")
