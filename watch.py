"""Watches a video, a camera or a stream: python watch.py VIDEO."""

from platewright.command import run_command

if __name__ == "__main__":
    run_command("watch")
