"""XML files as trees that know their lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from platewright.dataset.textfile import MOST_BYTES, head_of
from platewright.errors import DatasetError, os_errors_as
from platewright.file import files_below, read_file


@dataclass(slots=True)
class Element:
    """One element."""

    tag: str  #: its name
    line: int  #: where it begins, from 1
    attributes: dict[str, str] = field(default_factory=dict)  #: by name
    children: list[Element] = field(default_factory=list)  #: in order
    text: str = ""  #: the characters right inside it, without white space round them
    _firsts: dict[str, Element] | None = None

    def all(self, tag: str) -> Iterator[Element]:
        """Yield the children of a name."""
        return (child for child in self.children if child.tag == tag)

    def find(self, tag: str) -> Element | None:
        """Return the first child of a name, None where there is none."""
        if self._firsts is None:  # once for all names: there may be many children, and many names
            self._firsts = {child.tag: child for child in reversed(self.children)}
        return self._firsts.get(tag)

    def text_of(self, tag: str) -> str:
        """Return the text of the first child of a name, empty where there is none."""
        child = self.find(tag)
        return "" if child is None else child.text


def root_tag(path: Path, *folders: str) -> str:
    """Return the outermost tag of an XML file, or of the first one that a folder holds.

    Args:
        path: the file or folder.
        folders: names of folders in it that are looked into first, with all below them.

    Returns:
        The tag; empty where there is no such file, or it isn't XML at its beginning.
    """
    found = path if path.suffix.lower() == ".xml" and path.is_file() else None
    for name in folders:
        found = found or min(files_below(path / name, ".xml"), default=None)
    found = found or min(path.glob("*.xml"), default=None)
    if found is None:
        return ""
    tags: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, _: tags.append(tag)
    with contextlib.suppress(expat.ExpatError, LookupError, ValueError):
        parser.Parse(head_of(found), False)
    return tags[0] if tags else ""


def read_xml(path: Path) -> Element:
    """Read an XML file.

    Entities that a file defines itself are refused: a few lines of them can fill the memory.

    Raises:
        DatasetError: if it can't be read, with the line.
    """
    root = Element("", 0)
    stack: list[tuple[Element, list[str]]] = [(root, [])]
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, parser.CurrentLineNumber, attributes)
        stack[-1][0].children.append(element)
        stack.append((element, []))

    def end(_: str) -> None:
        element, texts = stack.pop()
        element.text = "".join(texts).strip()

    def characters(text: str) -> None:
        stack[-1][1].append(text)

    def entity(name: str, *_: object) -> None:
        raise DatasetError(
            f"{path}: line {parser.CurrentLineNumber}: defines an entity ({name}); none are read"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = entity
    try:
        with os_errors_as(DatasetError, path):
            # Not ParseFile: of a tag of some megabytes it would see all the beginning again for
            # every few kilobytes.
            parser.Parse(read_file(path, MOST_BYTES), True)
    except expat.ExpatError as error:
        why = expat.errors.messages[error.code]
        raise DatasetError(f"{path}: line {error.lineno}: not XML: {why}") from None
    except (LookupError, ValueError) as error:
        raise DatasetError(f"{path}: not XML: {error}") from None
    return root.children[0]
