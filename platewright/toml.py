"""TOML files of other people, read within bounds."""

import re
import tomllib
from pathlib import Path
from typing import Any

from platewright.errors import ConfigError
from platewright.file import open_file

MAX_BYTES = 1 << 20
DEEPEST = 20  #: Levels of tables and lists
# Parts of a dotted key; `tomllib` looks at all the parts before each.
LONG_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")


def read_toml(
    path: Path, error: type[ConfigError] = ConfigError, *, kind: str = "file"
) -> dict[str, Any]:
    """Return what a TOML file holds.

    Args:
        error: what is raised.
        kind: what the file is to be, for the message.

    Raises:
        ConfigError: of the given kind, if the file can't be read, or is no TOML, too large or
            nested too deep.
    """
    try:
        with open_file(path) as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as problem:
        raise error(f"{path}: {problem.strerror}; give a {kind}") from None
    if len(data) > MAX_BYTES:
        raise error(f"{path}: more than {MAX_BYTES >> 20} MiB; give a {kind}")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if LONG_KEY.search(text):
            raise error(f"{path}: a key of more than {DEEPEST} parts; mend it there")
        content = tomllib.loads(text)
    except RecursionError:
        raise error(f"{path}: nested deeper than {DEEPEST}; mend it there") from None
    except ValueError as problem:  # no UTF-8, no TOML, a number of thousands of digits
        why = " ".join(str(problem).split())[:200]
        raise error(f"{path}: no valid TOML: {why}; mend it there") from None
    if is_deep(content, DEEPEST):
        raise error(f"{path}: nested deeper than {DEEPEST}; mend it there")
    return content


def is_deep(content: Any, most: int) -> bool:
    """Tell whether tables and lists are nested deeper than `most`, without going down itself."""
    level = [content]
    for _ in range(most):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
        if not level:
            return False
    return True
