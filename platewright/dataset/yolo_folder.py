"""Where the pictures and labels of a YOLO data set lie, and what its classes are called."""

import contextlib
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from platewright.dataset.format import PARTS
from platewright.dataset.picture_file import LONGEST_PATH, find_picture, name_key, tails_of
from platewright.dataset.textfile import first_lines, lines_of, text_of
from platewright.errors import ConfigError, DatasetError
from platewright.file import DEEPEST, TOML_BYTES, files_below
from platewright.image import READ_SUFFIXES

BRACKETS = re.compile(r"[\[\]{}]")
YAMLS = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
LISTS = ("classes.txt", "obj.names")
BELOW = ("images", "labels", *PARTS)  #: Folders of a data set, whose classes are named above them
DARKNET = re.compile(r"obj_\w+_data")
"""Folders of pictures and labels in what CVAT exports as YOLO 1.1."""


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
    while path.name in BELOW or DARKNET.fullmatch(path.name):
        path = path.parent
        yield from (path, path / "labels")


def is_yaml(path: Path) -> bool:
    """Tell whether a path may be a `data.yaml`, whatever it is called."""
    return path.suffix.lower() in (".yaml", ".yml") and path.is_file()


def yaml_content(file: Path, *, needed: bool = False) -> Any:
    """Return what a YAML file holds; None without PyYAML installed.

    Args:
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
    text = text_of(file, TOML_BYTES)
    depths = accumulate(1 if bracket[0] in "[{" else -1 for bracket in BRACKETS.finditer(text))
    if max(depths, default=0) > DEEPEST:  # PyYAML would look at all of them for each word
        raise DatasetError(f"{file}: not YAML that can be read: nested deeper than {DEEPEST}")
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise DatasetError(f"{file}: {line}not YAML ({error.problem})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file}: not YAML ({_plain(str(error))[:100]})") from None


def _names(file: Path, content: Any) -> dict[str, str]:
    """Return `names`."""
    told = content.get("names") if isinstance(content, dict) else None
    named = dict(enumerate(told)) if isinstance(told, list) else {} if told is None else told
    fits = isinstance(named, dict) and all(isinstance(n, (str, int, float)) for n in named.values())
    if not fits:
        raise DatasetError(f"{file}: names is no list of names and no mapping of numbers to them")
    plain = {str(number): _plain(str(name)) for number, name in named.items()}
    return {number: name for number, name in plain.items() if name}


def _plain(name: str) -> str:
    return " ".join(name.split())


TOLD = ("train", "val", "test")  #: What `data.yaml` calls its parts


@dataclass(frozen=True)
class Part:
    """Pictures and where their labels are."""

    images: Path  #: their folder, or a list of them
    labels: Path  #: folder with the same tree; that of the pictures where they lie side by side
    missing: str = ""  #: the name that `data.yaml` has for it, where nothing is there

    @property
    def apart(self) -> bool:
        """Whether labels lie in a folder of their own."""
        return self.images != self.labels

    @property
    def labelled(self) -> bool:
        """Whether all text files beside the pictures are labels."""
        return self.apart or DARKNET.fullmatch(self.labels.name) is not None

    @property
    def listed(self) -> bool:
        """Whether it is a list of pictures."""
        return _is_list(self.images)

    def pictures(self) -> list[Path]:
        """Return the pictures; those of a list need not be there.

        Raises:
            DatasetError: if a list can't be read, or names something else than pictures.
        """
        if self.listed:
            found = []
            for number, line in lines_of(self.images):
                if not _is_picture(line):
                    name = line.strip()[:40]
                    raise DatasetError(f"{self.images}: line {number}: {name!r} names no picture")
                found.append(_listed(self.images.parent, line.strip()))
            return found
        return sorted(p for p in files_below(self.images) if _is_picture(p.name))

    def label(self, picture: Path) -> Path | None:
        """Return the label file of a picture's very name; None: it has none."""
        place = picture if self.listed else self.labels / picture.relative_to(self.images)
        label = (_labels_of(place) if self.listed else place).with_suffix(".txt")
        return label if os.path.isfile(label) else None

    def labels_by_picture(self, but: Collection[Path] = ()) -> dict[Path, Path | None]:
        """Return the pictures, each with its label file; None: it has none.

        Where no label has a picture's very name, one counts whose name means the same (see
        `name_key`) and that is no other picture's.

        Args:
            but: pictures that are left out.

        Raises:
            DatasetError: as `pictures`.
        """
        found = {picture: self.label(picture) for picture in self.pictures() if picture not in but}
        if all(found.values()) or self.listed:
            return found
        taken = set(found.values())
        spare: dict[Path, list[Path]] = {}
        for one in files_below(self.labels, ".txt"):
            if one not in taken:
                place = one.relative_to(self.labels)
                spare.setdefault(place.with_name(name_key(place.stem)), []).append(one)
        for picture, label in found.items():
            place = picture.relative_to(self.images)
            own = spare.get(place.with_name(name_key(place.stem)), [])
            if label is None and len(own) == 1:
                found[picture] = own.pop()
        return found


def parts_of(path: Path) -> list[Part]:
    """Return the parts of a data set.

    Args:
        path: a folder as above, a list, or a `data.yaml`, whatever that is called.

    Raises:
        ConfigError: if it's a YAML file and PyYAML isn't installed.
        DatasetError: if it's a YAML file that is damaged, or names no parts.
    """
    if is_yaml(path):
        told = _named_parts(path, yaml_content(path, needed=True))
        if not told:
            raise DatasetError(f"{path}: names no folder or list as {', '.join(TOLD)}")
        return told
    for folder in (path, path.parent if path.name in ("images", "labels") else path):
        images, labels = folder / "images", folder / "labels"
        if labels.is_dir():  # the pictures may be elsewhere
            return [Part(images, labels)]
    if (path / "images").is_dir():
        return [Part(path / "images", path / "images")]
    parts = [path / part for part in PARTS if (path / part / "images").is_dir()]
    if parts:
        return [Part(part / "images", part / "labels") for part in parts]
    if darknet := [p for p in sorted(path.glob("obj_*_data")) if DARKNET.fullmatch(p.name)]:
        return [Part(part, part) for part in darknet]
    for file in (path / name for name in YAMLS):
        with contextlib.suppress(DatasetError):  # `class_names` tells what is wrong with it
            told = _named_parts(file, yaml_content(file)) if file.is_file() else []
            if any(not part.missing for part in told):
                return told
    return [Part(path, path)]


def label_files(path: Path) -> Iterator[Path]:
    """Yield the label files of a data set, and maybe other text files, as they come.

    Raises:
        ConfigError, DatasetError: as `parts_of`.
    """
    for part in parts_of(path):
        if part.listed:
            names = filter(_is_picture, first_lines(part.images))
            labels = (part.label(_listed(part.images.parent, name.strip())) for name in names)
            yield from filter(None, labels)
        elif part.labelled:
            yield from files_below(part.labels, ".txt")
        else:
            for place in (part.labels, *(part.labels / name for name in PARTS)):
                for label in place.glob("*.txt"):
                    if find_picture(place, label.stem):
                        yield label


def _is_list(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and os.path.isfile(path)


def _is_picture(name: str) -> bool:
    return Path(name.strip()).suffix.lower() in READ_SUFFIXES


def _named_parts(file: Path, content: Any) -> list[Part]:
    """Return the parts that `data.yaml` names, each once."""
    if not isinstance(content, dict):
        return []
    root = file.parent / str(content.get("path") or ".")
    found: dict[Path, Part] = {}
    for key in TOLD:
        told = content.get(key)
        for name in told if isinstance(told, list) else [told]:
            if isinstance(name, str) and name.strip():
                part = _part(root, file.parent, name.strip())
                found.setdefault(part.images, part)
    return list(found.values())


def _part(root: Path, beside: Path, name: str) -> Part:
    """Return the part of a name; Roboflow's begin with a `../` that leads out of the data set."""
    for place in (root / name, beside / name, *(beside.joinpath(*t) for t in tails_of(name))):
        if os.path.isdir(place):
            return Part(place, _labels_of(place))
        if _is_list(place):
            return Part(place, place)
    return Part(root / name, root / name, missing=name)


def _listed(folder: Path, name: str) -> Path:
    """Return the picture that a list names; of one of another machine its last parts count."""
    name = name[:LONGEST_PATH]  # a longer one is no picture's
    places = [folder / name, *(folder.joinpath(*tail) for tail in tails_of(name))]
    there = (place for place in places if os.path.isfile(place))
    labelled = (place for place in places if os.path.isfile(_labels_of(place).with_suffix(".txt")))
    return next(there, next(labelled, folder / name))


def _labels_of(path: Path) -> Path:
    """Return where the labels of a folder or a picture are: `labels` for the last `images`."""
    parts = list(path.parts)
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] == "images":
            return Path(*parts[:place], "labels", *parts[place + 1 :])
    return path
