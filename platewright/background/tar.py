"""A tar archive as a stream of files, read once from start to end in constant memory.

`tarfile` keeps a record of every member, reads long names of any length into memory, takes hours
over a megabyte of digits in a pax header (CVE-2024-6232), and takes a header that is damaged in the
middle for the end. Here headers are parsed by `tarfile` too, but one at a time. Formats:
POSIX.1-2017, `pax`, section "ustar Interchange Format"; GNU tar's manual, section "Basic Tar
Format".
"""

import re
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

from platewright.errors import ArchiveError

NO_FILE = "no regular file"
TOO_LARGE = "too many bytes"  #: Why members are passed over

NOTES = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
BLOCK = 512
PIECE = 1 << 20
# Names longer than this are passed over; GNU tar writes longer ones than 100 bytes into a member
# of their own, whose length a hostile archive may choose freely.
MAX_NOTE = 1 << 16
# Photos don't compress. Zeros do: gzip to a thousandth, bz2 and xz to far less. An archive that
# unpacks to so many times its size is made to keep a machine busy.
MAX_RATIO = 200
FREE_BYTES = 256 << 20


class TarStream:
    """Reads a tar archive's regular files in its order.

    Args:
        stream: the archive, unpacked.
        packed: returns how many packed bytes have been read.
        max_bytes: longer files are passed over.
        seekable: whether passing over may seek (a tar that isn't packed).
    """

    def __init__(
        self, stream: Any, packed: Callable[[], int], max_bytes: int, *, seekable: bool = False
    ) -> None:
        self._stream, self._packed, self._seekable = stream, packed, seekable
        self._max_bytes = max_bytes
        self._num_bytes = 0

    def __iter__(self) -> Iterator[tuple[str, bytes, str]]:
        """Yield name, content and "", or name, b"" and why a member was passed over.

        Raises:
            tarfile.ReadError: if a header is damaged.
            EOFError: if the archive is cut off.
            ArchiveError: if the archive is made to keep a machine busy.
        """
        for info, name, sparse in self._headers():
            yield from self._member(info, name, sparse)
        # The packing's check sum comes last: what follows the end is read, and is nothing.
        while piece := self._stream.read(PIECE):
            self._count(len(piece))

    def places(self) -> Iterator[tuple[str, int, int]]:
        """Yield name, first byte and length of each regular file of a tar that isn't packed.

        Raises:
            tarfile.ReadError, EOFError: as above.
        """
        for info, name, sparse in self._headers():
            if info.isreg() and not sparse:
                yield name, self._stream.tell(), info.size
            self._skip(_padded(_length(info)))

    def _headers(self) -> Iterator[tuple[tarfile.TarInfo, str, bool]]:
        """Yield each member's header, its whole name, and whether it has holes.

        Whoever asks for the next one has read the member's bytes, or passed over them.
        """
        name, size, sparse = "", -1, False  # what a note said of the next member
        while any(header := self._read(BLOCK)):
            try:
                info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
            except (tarfile.HeaderError, ValueError) as error:
                raise tarfile.ReadError(str(error)) from error
            if info.size < 0:
                raise tarfile.ReadError("a member of negative length")
            if info.type in NOTES:
                note = self._read(info.size) if info.size <= MAX_NOTE else b""
                self._skip(_padded(info.size) - len(note))
                if info.type == tarfile.GNUTYPE_LONGNAME:
                    name = note.rstrip(b"\0").decode("utf-8", "surrogateescape")
                elif info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
                    name, size, sparse = _parse_pax(note)
                continue
            if info.type == tarfile.GNUTYPE_SPARSE:
                # Its map may go on in blocks of its own, each of which says if one more follows.
                more = bool(header[482])
                while more:
                    more = bool(self._read(BLOCK)[504])
                sparse = True
            if size >= 0:
                info.size = size
            yield info, name or info.name, sparse
            name, size, sparse = "", -1, False

    def _member(
        self, info: tarfile.TarInfo, name: str, sparse: bool
    ) -> Iterator[tuple[str, bytes, str]]:
        """Read one member or pass over it; folders yield nothing."""
        length = _length(info)
        if not info.isreg() or sparse:
            if not info.isdir():
                yield name, b"", NO_FILE
            self._skip(_padded(length))
        elif length > self._max_bytes:
            # Named before its bytes are passed over, which can take long.
            yield name, b"", TOO_LARGE
            self._skip(_padded(length))
        else:
            yield name, self._read(length), ""
            self._skip(_padded(length) - length)

    def _read(self, num_bytes: int) -> bytes:
        """Return exactly so many bytes; EOFError if there are fewer."""
        pieces = []
        while num_bytes > 0:
            piece = self._stream.read(min(num_bytes, PIECE))
            if not piece:
                raise EOFError("the end is missing")
            self._count(len(piece))
            num_bytes -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _skip(self, num_bytes: int) -> None:
        """Pass over bytes."""
        if self._seekable and num_bytes > BLOCK:
            self._stream.seek(num_bytes - 1, 1)
            num_bytes = 1
        while num_bytes > 0:
            num_bytes -= len(self._read(min(num_bytes, PIECE)))

    def _count(self, num_bytes: int) -> None:
        """Count unpacked bytes, and stop where they are too many for the packed ones."""
        self._num_bytes += num_bytes
        check_ratio(self._num_bytes, self._packed())


def check_ratio(num_bytes: int, packed_bytes: int) -> None:
    """Stop at an archive that unpacks to far more than photos do.

    Raises:
        ArchiveError: if `num_bytes` of content are too many for the packed ones they came from.
    """
    if num_bytes > FREE_BYTES + MAX_RATIO * packed_bytes:
        raise ArchiveError(
            f"unpacks to more than {MAX_RATIO} times its size, which photos never do; stopped"
        )


def _parse_pax(note: bytes) -> tuple[str, int, bool]:
    """Return name ("": none), size (-1: none) and sparseness from a pax header."""
    fields: dict[bytes, bytes] = {}
    at = 0
    record = re.compile(rb"(\d{1,9}) ([^=]+)=")
    while found := record.match(note, at):
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


def _length(info: tarfile.TarInfo) -> int:
    """Return how many bytes a member has.

    Links, devices and folders have none, whatever their header says; unknown kinds have.
    """
    return info.size if info.isreg() or info.type not in tarfile.SUPPORTED_TYPES else 0


def _padded(size: int) -> int:
    """Return a length filled up to whole blocks."""
    return -(-size // BLOCK) * BLOCK
