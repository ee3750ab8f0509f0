"""The templates of regions as arrays, so that all are weighed at once; and those arrays kept.

Two hundred region files take longer to read, and their syntaxes to expand, than a photo takes. So
the table of all regions is kept in the user's cache, as Python keeps its bytecode: under a name
that is made of the content of the region files and of the code that reads them. Any change of
either makes a new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from platewright.errors import OutputError
from platewright.file import open_file, whole_file
from platewright.geometry import FloatArray
from platewright.resource import DATA, PACKAGE, cache_folder
from platewright.text import Alphabet, clean

if TYPE_CHECKING:  # only where the table is made: they load all that regions can say
    from platewright.region import Region
    from platewright.region.template import Piece, Sheet, Template


IntArray = NDArray[np.intp]
Group = tuple[IntArray, FloatArray, IntArray]
"""(rows, length) places in the flat slots, (rows,) shares and cells: a row for each entry."""
SHORTEST_CAPTION = 4  #: Letters of a word that tells a plate's edge from its text
RATIOS = np.linspace(math.log(0.8), math.log(8.0), 24)
"""Logarithms of widths over heights, in even steps."""
SEEN_AS = ((0.8, -0.02, 0.15), (0.2, -0.15, 0.4))
"""Of the logarithm of a ratio as it is seen, less the sheet's own: share, mean and sd of plates
framed well and seen from before, and of those seen from the side, or framed badly."""
LEAST_SHAPE = 1e-4
BROKEN_SEEN, BROKEN_MADE_UP = 0.9, 0.02
"""How often a reading has several lines where its plate has, and where it has one."""
KEPT = 4  #: Tables in the cache; older ones go


@dataclass(frozen=True)
class TemplateTable:
    """Templates, and the cells that they consist of: pieces at places. Cell 0 is no piece."""

    codes: tuple[str, ...]  #: of the regions
    owners: IntArray  #: (templates,) whose each is, an index of `codes`
    shares: FloatArray  #: (templates,) of each region's weight times the template's, 0-1
    lengths: IntArray  #: (templates,) characters of their texts
    paths: IntArray  #: (templates, most pieces) cells of each, filled up with 0
    groups: tuple[Group, ...]  #: entries of the cells, a group for each length
    #: (templates, slots) probability in 255ths that a gap stands before each character
    apart: NDArray[np.uint8]
    #: (templates, 2, ratios) logarithms of how probable one line is, and several, with each width
    #: over height, `RATIOS`
    shapes: NDArray[np.float32]
    #: words that the regions print above and below the text, as a network reads them
    captions: frozenset[str] = frozenset()

    @property
    def num_cells(self) -> int:
        """Cells, with the one for no piece."""
        return int(self.paths.max(initial=0)) + 1

    @classmethod
    def of(
        cls, regions: Sequence[Region], alphabet: Alphabet, slots: int
    ) -> tuple[TemplateTable, list[Template]]:
        """Return the table of regions, and their templates in its order.

        Args:
            regions: weighed as they are.
            slots: most characters of a text; longer templates are left out.
        """
        from platewright.region.template import region_templates

        whole = sum(region.weight for region in regions)
        templates: list[Template] = []
        owners: list[int] = []
        shares: list[float] = []
        for owner, region in enumerate(regions):
            prior = region.weight / whole if whole else 1 / len(regions)
            for drawn in region_templates(region):
                # Signs that the network doesn't know are marks to it: a text is read without them.
                known = [k for k, p in enumerate(drawn.pieces) if known_entries(p, alphabet)]
                template = replace(
                    drawn,
                    pieces=tuple(drawn.pieces[k] for k in known),
                    apart=tuple(drawn.apart[k] for k in known),
                )
                if 0 < template.length <= slots and prior > 0:
                    templates.append(template)
                    owners.append(owner)
                    shares.append(prior * template.weight)
        paths, groups = _cells(templates, alphabet)
        table = cls(
            codes=tuple(region.code for region in regions),
            owners=np.array(owners, np.intp),
            shares=np.array(shares, np.float64),
            lengths=np.array([template.length for template in templates], np.intp),
            paths=paths,
            groups=groups,
            apart=_gaps(templates, slots),
            captions=_captions(regions),
            shapes=_shapes(templates),
        )
        return table, templates

    def write(self, path: Path) -> None:
        """Write it.

        Raises:
            OutputError: if it can't be written.
        """
        arrays = [self.owners, self.shares, self.lengths, self.paths]
        arrays += [array for group in self.groups for array in group]
        with whole_file(path) as stream:
            np.save(stream, np.array(self.codes))
            np.save(stream, np.array(sorted(self.captions), np.str_))
            np.save(stream, self.apart)
            np.save(stream, self.shapes.astype(np.float16))
            for array in arrays:
                small = array.astype(np.int32) if array.dtype == np.intp else array
                np.save(stream, small, allow_pickle=False)

    @classmethod
    def read(cls, path: Path) -> TemplateTable:
        """Read what `write` wrote.

        Raises:
            OSError, ValueError, EOFError: if it isn't there, or damaged.
        """
        with open_file(path) as stream:

            def number() -> IntArray:
                return np.asarray(np.load(stream, allow_pickle=False), np.intp)

            def real() -> FloatArray:
                return np.asarray(np.load(stream, allow_pickle=False), np.float64)

            codes = tuple(np.load(stream, allow_pickle=False).tolist())
            captions = frozenset(np.load(stream, allow_pickle=False).tolist())
            apart = np.asarray(np.load(stream, allow_pickle=False), np.uint8)
            shapes = np.asarray(np.load(stream, allow_pickle=False), np.float32)
            owners, shares, lengths, paths = number(), real(), number(), number()
            groups = []
            while stream.peek(1):
                groups.append((number(), real(), number()))
        return cls(codes, owners, shares, lengths, paths, tuple(groups), apart, shapes, captions)


def _captions(regions: Iterable[Region]) -> frozenset[str]:
    series = [each for region in regions for each in region.series]
    words = {clean(word) for each in series for word in each.headers + each.footers}
    return frozenset(word for word in words if word.isalpha() and len(word) >= SHORTEST_CAPTION)


def known_entries(piece: Piece, alphabet: Alphabet) -> list[tuple[list[int], float]]:
    """Return classes and share of the entries of a piece that a network can read."""
    entries = [
        ([alphabet.index(char) for char in entry], share)
        for entry, share in zip(piece.entries, piece.shares, strict=True)
    ]
    return [(kinds, share) for kinds, share in entries if min(kinds) >= 0]


@lru_cache(4)
def all_regions(alphabet: Alphabet, slots: int) -> TemplateTable:
    """Return the table of all regions but the generic one, from the cache where it is there.

    Args:
        slots: most characters of a text.

    Raises:
        RegionError: if a region's file can't be used.
        ResourceError: if there are none.
    """
    path = _place(alphabet, slots)
    if path is not None:
        with contextlib.suppress(OSError, ValueError, EOFError):
            return TemplateTable.read(path)
    from platewright.region import jurisdictions, load_region

    table, _ = TemplateTable.of([load_region(code) for code in jurisdictions()], alphabet, slots)
    if path is not None:
        with contextlib.suppress(OSError, OutputError):  # it is made again next time
            path.parent.mkdir(parents=True, exist_ok=True)
            table.write(path)
            _forget(path)
    return table


def region_files() -> list[Path]:
    """Return the region files, sorted."""
    return sorted((DATA / "regions").glob("*.toml"))


def _place(alphabet: Alphabet, slots: int) -> Path | None:
    """Return where the table of all regions is kept; None: nowhere."""
    folder = cache_folder()
    if folder is None:
        return None
    made_of = hashlib.sha256(f"{alphabet.characters} {slots} {np.__version__}".encode())
    code = [*sorted((PACKAGE / "region").glob("*.py")), Path(__file__)]
    try:
        for file in (*region_files(), *code):
            content = file.read_bytes()
            made_of.update(f"\n{file.name} {len(content)}\n".encode())
            made_of.update(content)
    except OSError:
        return None
    return folder / f"regions-{made_of.hexdigest()[:32]}.npy"


def _forget(newest: Path) -> None:
    """Remove the oldest tables."""
    kept = sorted(newest.parent.glob("regions-*.npy"), key=lambda path: -path.stat().st_mtime)
    for path in kept[KEPT:]:
        path.unlink(missing_ok=True)


def _gaps(templates: Sequence[Template], slots: int) -> NDArray[np.uint8]:
    """Return how probable a gap is before each character of each template, 0-255."""
    apart = np.zeros((len(templates), slots), np.uint8)
    for row, template in zip(apart, templates, strict=True):
        at = 0
        for piece, gap in zip(template.pieces, template.apart, strict=True):
            row[at] = round(255 * gap) if at else 0  # a mark that stood before it is not read
            at += piece.length
    return apart


def _shapes(templates: Sequence[Template]) -> NDArray[np.float32]:
    """Return how probable the shapes are that templates are seen in, see `TemplateTable`."""
    kinds = list(dict.fromkeys(sheet for template in templates for sheet, _ in template.sheets))
    each = np.array([_seen_as(sheet) for sheet in kinds]).reshape(len(kinds), 2 * len(RATIOS))
    shares = np.zeros((len(templates), len(kinds)))
    for row, template in zip(shares, templates, strict=True):
        for sheet, share in template.sheets:
            row[kinds.index(sheet)] += share
    found = np.log(np.maximum(shares @ each, LEAST_SHAPE)).reshape(len(templates), 2, len(RATIOS))
    # As the file has them: what is read must not depend on whether a table was made or kept.
    return np.asarray(found.astype(np.float16), np.float32)


def _seen_as(sheet: Sheet) -> FloatArray:
    """Return (2, ratios) the density of ratios that a sheet is seen in, in one line and several."""
    low, high = sheet.ratio
    off = RATIOS[:, None] - np.linspace(math.log(low), math.log(high), 9)
    parts = [share / sd * np.exp(-(((off - mean) / sd) ** 2) / 2) for share, mean, sd in SEEN_AS]
    density = np.sum(parts, axis=0).mean(axis=1) / math.sqrt(2 * math.pi)
    several = BROKEN_SEEN if sheet.broken else BROKEN_MADE_UP
    return np.stack([(1 - several) * density, several * density])


def _cells(templates: Sequence[Template], alphabet: Alphabet) -> tuple[IntArray, tuple[Group, ...]]:
    """Number the cells; return the templates' paths through them, and their entries."""
    cells: dict[tuple[Piece, int], int] = {}
    paths: list[list[int]] = []
    for template in templates:
        path, at = [], 0
        for piece in template.pieces:
            path.append(cells.setdefault((piece, at), len(cells) + 1))
            at += piece.length
        paths.append(path)
    longest = max((len(path) for path in paths), default=0)
    filled = np.array([path + [0] * (longest - len(path)) for path in paths], np.intp)
    by_length: dict[int, list[tuple[Piece, int, int]]] = defaultdict(list)
    for (piece, start), cell in cells.items():
        by_length[piece.length].append((piece, start, cell))
    groups = (_group(length, group, alphabet) for length, group in by_length.items())
    return filled, tuple(groups)


def _group(length: int, cells: Iterable[tuple[Piece, int, int]], alphabet: Alphabet) -> Group:
    """Return a row for each entry of each cell (piece, place, number) of a group."""
    places, shares, owners = [], [], []
    step = alphabet.num_classes
    for piece, start, cell in cells:
        for kinds, share in known_entries(piece, alphabet):
            places.append([(start + k) * step + kind for k, kind in enumerate(kinds)])
            shares.append(share)
            owners.append(cell)
    return (
        np.array(places, np.intp).reshape(-1, length),
        np.array(shares, np.float64),
        np.array(owners, np.intp),
    )
