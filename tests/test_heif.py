"""Pictures in boxes: some kilobytes that stand for more pixels than there is patience."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from PIL import Image

from platewright.errors import ImageError
from platewright.heif import MAX_BOXES, MAX_TABLE, pixels_of
from platewright.image import decode_image

Sizes = Mapping[int, tuple[int, int]]
Relations = Sequence[tuple[bytes, int, Sequence[int]]]


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", len(data) + 8) + kind + data


def plain(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    """A box that says of which version it is."""
    return box(kind, struct.pack(">I", version << 24), *content)


def tables(sizes: Sizes, relations: Relations, *, primary: int = 1, wide: int = 0) -> bytes:
    """Items with their sizes, what they are made of, and which is shown; no pixels."""
    number = "I" if wide else "H"
    properties = [plain(b"ispe", struct.pack(">II", *size)) for size in sizes.values()]
    belong = [struct.pack(f">{number}BB", item, 1, 0x80 | k + 1) for k, item in enumerate(sizes)]
    return plain(
        b"meta",
        plain(b"pitm", struct.pack(f">{number}", primary), version=wide),
        plain(
            b"iref",
            *(
                box(kind, struct.pack(f">{number}H{len(to)}{number}", item, len(to), *to))
                for kind, item, to in relations
            ),
            version=wide,
        ),
        box(
            b"iprp",
            box(b"ipco", *properties),
            plain(b"ipma", struct.pack(">I", len(sizes)), *belong, version=wide),
        ),
    )


def boxed(tables: bytes, brand: bytes = b"avif") -> io.BytesIO:
    return io.BytesIO(box(b"ftyp", brand, bytes(4), b"mif1", brand) + tables)


@pytest.mark.parametrize("wide", [0, 1])
def test_what_a_picture_is_made_of_counts(wide: int) -> None:
    sizes = {1: (100, 50), 2: (60, 60), 3: (10, 10), 4: (1000, 1000)}
    relations = [
        (b"dimg", 1, [2, 2, 2]), (b"dimg", 2, [3, 3]), (b"auxl", 3, [1]), (b"thmb", 4, [1]),
    ]  # fmt: skip
    file = boxed(tables(sizes, relations, wide=wide))
    assert pixels_of(file) == (5000, 5000 + 3 * (3600 + 200) + 100)


def test_what_has_no_end() -> None:
    sizes = dict.fromkeys(range(1, 20), (64, 64))
    for relations in (
        [(b"dimg", 1, [1])],
        [(b"dimg", 1, [2]), (b"dimg", 2, [1])],
        [(b"dimg", item, [item + 1]) for item in range(1, 19)],
    ):
        assert pixels_of(boxed(tables(sizes, relations)))[1] == math.inf
    assert pixels_of(boxed(box(b"meta", bytes(MAX_TABLE + 1))))[1] == math.inf
    assert pixels_of(boxed(box(b"free") * MAX_BOXES + tables(sizes, [])))[1] == math.inf


def test_what_is_cut_off_or_has_no_tables_is_for_the_decoder_to_tell() -> None:
    whole = boxed(tables({1: (9, 9)}, [(b"dimg", 1, [1])])).getvalue()
    for end in range(len(whole)):
        assert pixels_of(io.BytesIO(whole[:end])) == (0, 0)
    assert pixels_of(boxed(struct.pack(">I", 4) + b"free")) == (0, 0)


@pytest.mark.parametrize(
    "relations",
    [
        [(b"dimg", 1, [2] * 900)],
        [(b"dimg", 1, [1])],
        [(b"dimg", 1, [3] * 256), (b"dimg", 3, [4] * 256), (b"dimg", 4, [5] * 256)],
        [(b"auxl", 6, [1])],
    ],
)
def test_parts_that_cost_far_more_than_the_picture_are_refused(relations: Relations) -> None:
    """Nine hundred tiles of two megapixels took minutes, in a file of 39 KB."""
    sizes = {1: (64, 64), 2: (2048, 1024), **dict.fromkeys((3, 4, 5), (64, 64)), 6: (16000, 8000)}
    with pytest.raises(ImageError, match="parts that are far larger than the picture, or without"):
        decode_image(boxed(tables(sizes, relations)), "a")


def test_a_picture_in_tiles_is_read() -> None:
    """As phones write them, and as this file made hostile ones."""
    data = io.BytesIO()
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(data, "AVIF", quality=90)
    content = data.getvalue()
    start = content.index(b"mdat") + 4
    coded = content[start : start - 8 + int.from_bytes(content[start - 8 : start - 4])]
    at = content.index(b"av1C") - 4
    codec = content[at : at + int.from_bytes(content[at : at + 4])]
    at = content.index(b"pixi") - 4
    depth = content[at : at + int.from_bytes(content[at : at + 4])]
    tiles = range(2, 6)
    grid = struct.pack(">BBBBHH", 0, 0, 1, 1, 128, 128)

    def made(base: int) -> bytes:
        places = [(1, 0, len(grid)), *((tile, len(grid), len(coded)) for tile in tiles)]
        where = [struct.pack(">HHHII", i, 0, 1, base + at, size) for i, at, size in places]
        kinds = [(1, b"grid"), *((tile, b"av01") for tile in tiles)]
        names = [plain(b"infe", struct.pack(">HH", i, 0), k, b"\0", version=2) for i, k in kinds]
        sizes = [plain(b"ispe", struct.pack(">II", side, side)) for side in (64, 128)]
        belong = [(1, (2, 4)), *((tile, (1, 2, 3)) for tile in tiles)]
        return plain(
            b"meta",
            plain(b"hdlr", bytes(4), b"pict", bytes(13)),
            plain(b"pitm", struct.pack(">H", 1)),
            plain(b"iloc", struct.pack(">BBH", 0x44, 0, len(places)), *where),
            plain(b"iinf", struct.pack(">H", len(names)), *names),
            plain(b"iref", box(b"dimg", struct.pack(">6H", 1, 4, *tiles))),
            box(
                b"iprp",
                box(b"ipco", codec, depth, sizes[0], sizes[1]),
                plain(
                    b"ipma",
                    struct.pack(">I", 5),
                    *(struct.pack(">HB", i, len(own)) + bytes(own) for i, own in belong),
                ),
            ),
        )

    head = box(b"ftyp", b"avif", bytes(4), b"mif1", b"avif")
    file = head + made(len(head) + len(made(0)) + 8) + box(b"mdat", grid, coded)
    picture = decode_image(io.BytesIO(file), "a")
    assert picture.shape == (128, 128, 3) and np.abs(picture.astype(int) - 200).max() < 6
    assert pixels_of(io.BytesIO(file)) == (128 * 128, 2 * 128 * 128)
