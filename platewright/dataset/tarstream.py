"""A tar archive as a stream of members, read once from start to end in constant memory.

`tarfile` keeps a record of every member, reads long names of any length into memory, and takes
a header that is damaged in the middle for the end. Here headers are parsed by `tarfile` too, but
one at a time. Formats: POSIX.1-2017 `pax`, section "ustar Interchange Format", and GNU tar's manual,
"Basic Tar Format".
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from platewright.errors import ArchiveError

__all__ = ["NOT_TAR", "Member", "read_members", "unsafe_name"]

NOT_TAR = "no tar, tar.gz, tar.bz2, tar.xz, zip or folder"
"""What is said of a file that is no archive."""

BLOCK = 512
PIECE = 1 << 20
# Names longer than this are passed over; GNU tar writes longer ones than 100 bytes into a member
# of their own, whose length a hostile archive may choose freely.
MAX_NOTE = 1 << 16
# Photos don't compress. Zeros do: gzip to a thousandth, bz2 and xz to far less. An archive that
# unpacks to so many times its size is made to keep a machine busy.
MAX_RATIO = 200
FREE_BYTES = 256 << 20


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: as the archive calls it; for messages only.
        data: its content, empty when it was passed over.
        skip: why it was passed over; empty when it was read.
    """

    name: str
    data: bytes = b""
    skip: str = ""


class _Stream:
    """Reads exactly so many bytes or says that the archive is cut off.

    Args:
        stream: the unpacked bytes.
        packed: returns how many packed bytes have been read.
        seekable: whether passing over may seek (a plain tar).
    """

    def __init__(self, stream: BinaryIO, packed: Callable[[], int], seekable: bool) -> None:
        self.stream, self.packed, self.seekable = stream, packed, seekable
        self.num_bytes = 0

    def read(self, num_bytes: int) -> bytes:
        """Return exactly `num_bytes` bytes; EOFError if there are fewer."""
        data = self.stream.read(num_bytes)
        while len(data) < num_bytes:
            more = self.stream.read(num_bytes - len(data))
            if not more:
                raise EOFError
            data += more
        self._count(num_bytes)
        return data

    def skip(self, num_bytes: int) -> None:
        """Pass over bytes."""
        if self.seekable and num_bytes > PIECE:
            self.stream.seek(num_bytes - 1, 1)
            num_bytes = 1
        while num_bytes > 0:
            num_bytes -= len(self.read(min(num_bytes, PIECE)))

    def _count(self, num_bytes: int) -> None:
        self.num_bytes += num_bytes
        if self.num_bytes > FREE_BYTES + MAX_RATIO * self.packed():
            raise ArchiveError(
                f"unpacks to more than {MAX_RATIO} times its size, which photos never do; stopped"
            )


def read_members(
    stream: BinaryIO, packed: Callable[[], int], max_bytes: int, *, seekable: bool = False
) -> Iterator[Member]:
    """Yield the members of a tar archive that are not folders, in its order.

    Args:
        stream: the archive, unpacked.
        packed: returns how many packed bytes have been read.
        max_bytes: longer members are passed over.
        seekable: whether `stream` can seek.

    Raises:
        ArchiveError: if a header is damaged, or the archive is made to keep a machine busy.
        EOFError: if the archive is cut off.
    """
    source = _Stream(stream, packed, seekable)
    name, size, sparse = "", -1, False
    while True:
        try:
            header = source.read(BLOCK)
        except EOFError:
            # Zeros end an archive; some writers leave them out, but then it ends after a member.
            raise EOFError from None
        if not any(header):
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError) as error:
            raise ArchiveError(f"damaged ({error}); copy it again") from error
        if info.size < 0:
            raise ArchiveError("damaged (a member of negative length); copy it again")
        if info.type in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE):
            note = _read_note(source, info.size)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                name = note.rstrip(b"\0").decode("utf-8", "surrogateescape")
            elif info.type == tarfile.XHDTYPE:
                name, size, sparse = _parse_pax(note)
            continue
        if info.type == tarfile.GNUTYPE_LONGLINK:
            source.skip(_padded(info.size))
            continue
        yield from _read_member(source, info, name or info.name, size, sparse, max_bytes)
        name, size, sparse = "", -1, False


def unsafe_name(name: str) -> bool:
    r"""Tell whether a name would leave the folder that an archive is unpacked to.

    >>> [unsafe_name(n) for n in ("a/b.jpg", "/a.jpg", "a/../../b.jpg", "C:\\a.jpg", "a..jpg")]
    [False, True, True, True, False]
    """
    parts = re.split(r"[/\\]", name)
    return not parts[0] or ".." in parts or bool(re.match(r"[A-Za-z]:$", parts[0]))


def _read_member(
    source: _Stream, info: tarfile.TarInfo, name: str, size: int, sparse: bool, max_bytes: int
) -> Iterator[Member]:
    """Read or pass over one member; `size` >= 0 comes from a pax header and counts more."""
    length = info.size if size < 0 else size
    if info.type == tarfile.GNUTYPE_SPARSE:
        # Its map goes on in blocks of its own, each of which says at byte 504 if one more follows.
        more = info._sparse_structs[1] if hasattr(info, "_sparse_structs") else False
        while more:
            more = bool(source.read(BLOCK)[504])
        source.skip(_padded(length))
        yield Member(name, skip="sparse file")
    elif info.isreg():
        skip = ""
        if sparse:
            skip = "sparse file"
        elif unsafe_name(name):
            skip = "unsafe path"
        elif length > max_bytes:
            skip = f"over {max_bytes >> 20} MB"
        if skip:
            # Named before its bytes are passed over, which can take long.
            yield Member(name, skip=skip)
            source.skip(_padded(length))
        else:
            data = source.read(_padded(length))
            yield Member(name, data[:length])
    elif info.islnk() or info.issym():
        yield Member(name, skip="link")
        # By POSIX a hard link may carry its data; `tarfile` and GNU tar take it for none.
    elif not info.isdir():
        yield Member(name, skip="device or pipe")


def _read_note(source: _Stream, size: int) -> bytes:
    """Return a long name or a pax header; an overlong one is passed over."""
    if size > MAX_NOTE:
        source.skip(_padded(size))
        return b""
    return source.read(_padded(size))[:size]


def _parse_pax(note: bytes) -> tuple[str, int, bool]:
    """Return name ("": none), size (-1: none) and sparseness from a pax header."""
    fields: dict[bytes, bytes] = {}
    at = 0
    while found := re.compile(rb"(\d{1,9}) ([^=]+)=").match(note, at):
        end = at + int(found[1])
        if end <= found.end() or end > len(note):
            break
        fields[found[2]] = note[found.end() : end - 1]
        at = end
    size = fields.get(b"size", b"")
    return (
        fields.get(b"path", b"").decode("utf-8", "surrogateescape"),
        int(size) if re.fullmatch(rb"\d{1,18}", size) else -1,
        any(key.startswith(b"GNU.sparse") for key in fields),
    )


def _padded(size: int) -> int:
    """Return a length filled up to whole blocks."""
    return -(-size // BLOCK) * BLOCK
