"""A data set file by file, each told in a line of a list: what is drawn stays, and a run goes on.

The list is the ledger: line k is there once file k is. A run that was killed may leave a line that
is cut off; it is drawn again, and so is a file without its line, to the same bytes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from platewright.dataset.manifest import Manifest
from platewright.dataset.store import FolderStore
from platewright.errors import OutputError
from platewright.pool import in_order
from platewright.progress import Progress

__all__ = ["check_sequence", "draw_sequence", "whole_lines"]


def check_sequence(
    folder: Path, settings: Mapping[str, Any], *, force: bool, ours: re.Pattern[str]
) -> None:
    """See whether a run may begin or go on, and change nothing; see `draw_sequence`.

    Raises:
        OutputError: if the folder holds something else, and `force` is off.
    """
    if folder.is_dir():
        Manifest(FolderStore(folder), str(folder)).check(settings, force=force, ours=ours)


def draw_sequence(
    draw: Callable[[int], str],
    count: int,
    listed: Path,
    settings: Mapping[str, Any],
    *,
    ours: re.Pattern[str],
    workers: int = 1,
    force: bool = False,
) -> tuple[int, float]:
    """Draw files 0 to `count` - 1, or those that are missing.

    Args:
        draw: writes file k and returns its line, a JSON object with its name as `file`.
        count: how many.
        listed: the list that the lines go to, in the folder of the files.
        settings: what decides about the bytes, JSON values.
        ours: names of what a run writes there.
        workers: processes; 1 draws in this one.
        force: begin anew in place of what an earlier run wrote.

    Returns:
        How many were there, and how many were drawn in a second.

    Raises:
        OutputError: if the folder holds something else, another run is at it, or a file can't be
            written.
        EngineError: if a worker dies.
    """
    store = FolderStore(listed.parent)
    manifest = Manifest(store, str(listed.parent))
    with store.locked():
        manifest.claim(settings, force=force, ours=ours, remove=ours)
        there = min(whole_lines(listed), count)
        with (
            Progress(count, there) as progress,
            listed.open("a", encoding="utf-8", buffering=1) as lines,
        ):
            for line in in_order(draw, range(there, count), workers):
                lines.write(line + "\n")
                progress.add()
            return there, progress.rate


def whole_lines(path: Path) -> int:
    """Return how many lines of a list are whole, and take from it what follows them.

    Raises:
        OutputError: if a file that a line tells of is gone.
    """
    if not path.is_file():
        return 0
    count = at = 0
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            try:
                name = json.loads(line)["file"]
            except (ValueError, KeyError, TypeError):
                raise OutputError(
                    f"{path}: line {count + 1} is damaged: --force begins anew"
                ) from None
            if not (path.parent / name).is_file():
                raise OutputError(f"{path.parent / name} is gone: --force begins anew")
            count, at = count + 1, at + len(line)
    if at < path.stat().st_size:
        os.truncate(path, at)
    return count
