"""LMDB files read without LMDB, which maps them into memory and believes what they say.

A size, a place or a page in it that lies outside of the file ends a process that does so. Source:
LMDB 0.9, mdb.c: MDB_page, MDB_node, MDB_meta and MDB_db, of 64 bits, lowest byte first.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from platewright.container import MAX_BYTES
from platewright.file import open_file

PAGE_HEAD = struct.Struct("<QHHHH")  #: number, -, flags, end of the places of nodes, -
NODE_HEAD = struct.Struct("<HHHH")
"""Size or page (two parts), flags or the page's third part, size of the key."""
META = struct.Struct("<II 16x I 84x QQQ")  #: magic, version, size of a page, root, -, transaction
MAGIC, VERSION = 0xBEEFC0DE, 1
BRANCH, LEAF, OVERFLOW = 1, 2, 4  #: Flags of pages
ELSEWHERE, PLAIN = 1, 0  #: Flags of nodes: the value lies in pages of its own; it lies here
EMPTY = (1 << 64) - 1  #: The root of a tree without a page
PAGES = (512, 1 << 16)  #: Bytes of a page
DEEPEST = 32  #: Levels of a tree


class Tree:
    """The main tree of an open file.

    Raises:
        ValueError: if it is no such file, here and by `value`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        first = self._meta(0)
        self._page_size = first[2]
        if not PAGES[0] <= self._page_size <= PAGES[1]:
            raise ValueError(f"pages of {self._page_size} bytes")
        self._root = max(first, self._meta(self._page_size), key=lambda meta: meta[5])[3]

    def value(self, key: bytes, most: int) -> bytes:
        """Return a key's value, of at most so many bytes; empty where there is none."""
        page = self._root
        if page == EMPTY:
            return b""
        for _ in range(DEEPEST):
            data = self._read(page * self._page_size, self._page_size)
            _, _, flags, end, _ = PAGE_HEAD.unpack_from(data)
            count = (end - PAGE_HEAD.size) // 2
            if flags & ~0x10 not in (BRANCH, LEAF) or not 0 < count <= len(data) // 2:
                raise ValueError(f"page {page} is damaged")
            leaf = bool(flags & LEAF)
            # The last key that is not behind the one sought; the first counts as before all.
            low, high = 0, count
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if self._node(data, middle)[3] > key else (middle, high)
            first, second, kind, found, rest = self._node(data, low)
            if leaf:
                if found != key:
                    return b""
                if kind not in (PLAIN, ELSEWHERE) or first | second << 16 > most:
                    raise ValueError(f"{key.decode()} is too large, or no plain value")
                return self._content(data, rest, first | second << 16, kind)
            page = first | second << 16 | kind << 32
        raise ValueError("its tree has no end")

    def _content(self, data: bytes, at: int, size: int, kind: int) -> bytes:
        if kind == PLAIN:
            return self._part(data, at, size)
        (page,) = struct.unpack("<Q", self._part(data, at, 8))
        start = page * self._page_size
        if not PAGE_HEAD.unpack(self._read(start, PAGE_HEAD.size))[2] & OVERFLOW:
            raise ValueError(f"page {page} is damaged")
        return self._read(start + PAGE_HEAD.size, size)

    def _node(self, data: bytes, number: int) -> tuple[int, int, int, bytes, int]:
        """Return a node's three numbers, its key, and where what follows that begins."""
        (at,) = struct.unpack("<H", self._part(data, PAGE_HEAD.size + 2 * number, 2))
        first, second, kind, size = NODE_HEAD.unpack(self._part(data, at, NODE_HEAD.size))
        at += NODE_HEAD.size
        return first, second, kind, self._part(data, at, size), at + size

    @staticmethod
    def _part(data: bytes, at: int, size: int) -> bytes:
        if at + size > len(data):
            raise ValueError("a page is damaged")
        return data[at : at + size]

    def _meta(self, page_at: int) -> tuple[int, ...]:
        found = META.unpack(self._read(page_at + PAGE_HEAD.size, META.size))
        if found[:2] != (MAGIC, VERSION):
            raise ValueError("no LMDB file of version 1")
        return found

    def _read(self, at: int, size: int) -> bytes:
        """Return a part of the file; what it does not have is not made room for."""
        length = self._stream.seek(0, 2)
        if at + size > length:
            raise ValueError("cut off; copy it again")
        self._stream.seek(at)
        return self._stream.read(size)


def read_value(path: Path, key: bytes, most: int = MAX_BYTES) -> bytes:
    """Return the value of a key in an LMDB file; empty where there is none.

    Args:
        most: bytes that it may have.

    Raises:
        OSError: if the file can't be read.
        ValueError: if it is none, or damaged where the key is looked for.
    """
    with open_file(path) as stream:
        return Tree(stream).value(key, most)
