"""What the classes of YOLO labels are called.

data.yaml      names: [plate, car], or names: {0: plate, 1: car}       Ultralytics, Roboflow
classes.txt    a name a line                                           LabelImg, Label Studio
obj.names      the same                                                Darknet
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from platewright.dataset.split import PARTS
from platewright.dataset.textfile import text_of
from platewright.errors import ConfigError, DatasetError

__all__ = ["LISTS", "YAMLS", "class_names", "is_yaml", "yaml_content"]

YAMLS = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
LISTS = ("classes.txt", "obj.names")
BELOW = ("images", "labels", *PARTS)
"""Folders of a data set, whose classes are named above them."""


def class_names(path: Path) -> dict[str, str]:
    """Return the names of a data set's classes.

    Args:
        path: its folder, one of `BELOW` in it, the YAML file itself, or a file beside it.

    Returns:
        Names by number; none where no file tells, or only a YAML file without PyYAML installed.

    Raises:
        DatasetError: if a file that should tell is damaged.
    """
    if is_yaml(path):
        return _names(path, yaml_content(path))
    for place in _places(path.parent if path.is_file() else path):
        for file in (place / name for name in YAMLS):
            if file.is_file() and (told := _names(file, yaml_content(file))):
                return told
        for file in (place / name for name in LISTS):
            if file.is_file():
                lines = (_plain(line) for line in text_of(file).rstrip().split("\n"))
                return {str(number): line for number, line in enumerate(lines) if line}
    return {}


def _places(path: Path) -> Iterator[Path]:
    """Yield where the file may lie, the nearest first."""
    yield from (path, path / "labels")
    while path.name in BELOW:
        path = path.parent
        yield from (path, path / "labels")


def is_yaml(path: Path) -> bool:
    """Tell whether a path may be a `data.yaml`, whatever it is called."""
    return path.suffix.lower() in (".yaml", ".yml") and path.is_file()


def yaml_content(file: Path, *, needed: bool = False) -> Any:
    """Return what a YAML file holds; None without PyYAML installed.

    Args:
        file: it.
        needed: nothing can be done without.

    Raises:
        ConfigError: if PyYAML is needed and isn't installed.
        DatasetError: if it isn't YAML, with its line where that is known.
    """
    try:
        import yaml
    except ImportError:
        if needed:
            raise ConfigError(f"{file}: reading it needs PyYAML: pip install PyYAML") from None
        return None
    text = text_of(file)
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise DatasetError(f"{file}: {line}not YAML ({error.problem})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file}: not YAML ({_plain(str(error))[:100]})") from None


def _names(file: Path, content: Any) -> dict[str, str]:
    """Return `names`.

    Raises:
        DatasetError: if it holds something else than names.
    """
    told = content.get("names") if isinstance(content, dict) else None
    named = dict(enumerate(told)) if isinstance(told, list) else {} if told is None else told
    fits = isinstance(named, dict) and all(isinstance(n, (str, int, float)) for n in named.values())
    if not fits:
        raise DatasetError(f"{file}: names is no list of names and no mapping of numbers to them")
    plain = {str(number): _plain(str(name)) for number, name in named.items()}
    return {number: name for number, name in plain.items() if name}


def _plain(name: str) -> str:
    return " ".join(name.split())
