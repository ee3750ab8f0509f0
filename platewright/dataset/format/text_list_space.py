"""Lists of crops and texts with a space between, as CRNN trainers of MJSynth's kind take them.

    images/NAME_K.png TEXT

Everything else is as in `text-list`. Neither file names nor texts hold spaces.
"""

from collections.abc import Iterator
from pathlib import Path

from platewright.dataset.format import text_list
from platewright.dataset.picture import STRICT, PictureFinder
from platewright.record import SceneRecord


class TextListSpaceFormat(text_list.TextListFormat):
    """Crops and two lists."""

    name = "text-list-space"
    summary = "straightened crops and lists of file, space, text"

    separator = " "


def claims(path: Path) -> bool:
    """Tell whether a path looks like such lists."""
    return text_list.is_list(path, " ")


def read(path: Path, finder: PictureFinder = STRICT) -> Iterator[tuple[Path, SceneRecord]]:
    """Read lists of file, space, text; see `text_list.read`."""
    yield from text_list.read_lists(path, " ", "space", finder)
