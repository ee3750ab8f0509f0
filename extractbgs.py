"""Cuts backgrounds out of an archive of photos: python extractbgs.py SUN397.tar.gz."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("extractbgs")
