"""Templates: what a region's syntaxes can draw, as independent pieces with their probabilities."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from platewright.region.chance import Spread
from platewright.region.region import Region
from platewright.region.syntax import Syntax
from platewright.text import unmarked


@dataclass(frozen=True)
class Piece:
    """One element of a template."""

    entries: tuple[str, ...]  #: the texts it can be, all of one length, each once
    shares: tuple[float, ...]  #: their probabilities, which sum to 1

    @property
    def length(self) -> int:
        """Characters of each entry."""
        return len(self.entries[0])


@dataclass(frozen=True)
class Sheet:
    """What a text stands on."""

    ratio: Spread  #: least and largest width over height
    broken: bool  #: whether the text stands in several lines


@dataclass(frozen=True)
class Template:
    """Texts of one length."""

    pieces: tuple[Piece, ...]  #: from left to right
    weight: float  #: probability that the region draws this template, 0-1
    #: probability that a gap, a dash or a line's end stands before each piece, 0-1
    apart: tuple[float, ...] = ()
    sheets: tuple[tuple[Sheet, float], ...] = ()  #: what bears it, and how much of it each, 0-1

    @property
    def length(self) -> int:
        """Characters of its texts."""
        return sum(piece.length for piece in self.pieces)

    def probability(self, text: str) -> float:
        """Return how probable a text is that this template draws.

        >>> Template((Piece(("A", "B"), (0.5, 0.5)), Piece(("12", "13"), (0.9, 0.1))), 1.0
        ...     ).probability("B12")
        0.45
        """
        if len(text) != self.length:
            return 0.0
        found, at = 1.0, 0
        for piece in self.pieces:
            part = text[at : at + piece.length]
            if part not in piece.entries:
                return 0.0
            found *= piece.shares[piece.entries.index(part)]
            at += piece.length
        return found


def region_templates(region: Region) -> tuple[Template, ...]:
    """Return the templates of a region; their weights sum to 1.

    The weights of series and syntaxes are those it is drawn with, so the sum of weight times
    probability over the templates is the probability that the region draws a text. Ä, Ö and Ü
    count as A, O and U. Syntaxes that several series share are counted once, with all their weight.
    """
    weights: dict[tuple[Piece, ...], float] = defaultdict(float)
    gaps: dict[tuple[Piece, ...], list[float]] = {}
    sheets: dict[tuple[Piece, ...], dict[Sheet, float]] = defaultdict(lambda: defaultdict(float))
    every = sum(series.weight for series in region.series)
    for series in region.series:
        own = sum(syntax.weight for syntax in series.syntaxes)
        for syntax in series.syntaxes:
            share = series.weight / every * syntax.weight / own
            sheet = Sheet(series.ratio, syntax.broken)
            for pieces, apart, part in _expand(syntax):
                weights[pieces] += share * part
                sheets[pieces][sheet] += share * part
                so_far = gaps.setdefault(pieces, [0.0] * len(pieces))
                for k, there in enumerate(apart):
                    so_far[k] += share * part * there
    return tuple(
        Template(
            pieces,
            weight,
            tuple(gap / weight for gap in gaps[pieces]),
            tuple((sheet, part / weight) for sheet, part in sheets[pieces].items()),
        )
        for pieces, weight in weights.items()
        if weight > 0
    )


def _expand(syntax: Syntax) -> Iterator[tuple[tuple[Piece, ...], tuple[bool, ...], float]]:
    """Yield every sequence of pieces that a syntax can draw.

    With each, whether something stands apart before each piece, and its probability.
    """
    ways = []
    for choices, low, high in syntax.elements:
        one = _by_length(choices)
        counts = range(low, high + 1)
        ways.append(
            [
                (tuple(piece for piece, _ in drawn), _product(s for _, s in drawn) / len(counts))
                for count in counts
                for drawn in product(one, repeat=count)
            ]
        )
    for drawn in product(*ways):
        pieces: list[Piece] = []
        apart: list[bool] = []
        before = False  # also where what stood there was drawn no time at all
        for (own, _), gap in zip(drawn, syntax.apart, strict=True):
            before = (before or gap) and bool(pieces)
            if own:
                apart += [before] + [False] * (len(own) - 1)
                before = False
            pieces += own
        yield tuple(pieces), tuple(apart), _product(s for _, s in drawn)


def _by_length(choices: tuple[str, ...]) -> list[tuple[Piece, float]]:
    """Return one piece for each length of the entries, and how probable that length is."""
    counts = Counter(unmarked(entry) for entry in choices)
    out = []
    for length in sorted({len(entry) for entry in counts}):
        own = {entry: count for entry, count in counts.items() if len(entry) == length}
        total = sum(own.values())
        piece = Piece(tuple(own), tuple(count / total for count in own.values()))
        out.append((piece, total / len(choices)))
    return out


def _product(numbers: Iterator[float]) -> float:
    found = 1.0
    for number in numbers:
        found *= number
    return found
