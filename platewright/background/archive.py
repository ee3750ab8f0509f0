"""Files of an archive or a folder, one after the other, never unpacked whole.

Nothing is written and no name is used as a path, so absolute paths, `..` and links in an archive
reach nothing. A tar, packed or not, is read as one stream in constant memory (`tar`).
"""

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from platewright.background.tar import NO_FILE, TOO_LARGE, TarStream, check_ratio
from platewright.errors import ArchiveError
from platewright.file import open_file, read_file

MAX_BYTES = 128 << 20  #: Bytes of the largest file that is taken out of an archive
UNREADABLE = "can't be read"
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OSError,
)  # fmt: skip
MAGIC = {
    b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}  # fmt: skip
TAR_MAGIC_AT = 257
HEAD = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file."""

    index: int  #: its place among the regular files, from 0
    name: str  #: as the archive has it; for messages only
    data: bytes  #: its content


class Archive:
    """An archive; iterate it once.

    How many entries were passed over stands in `skipped`, by reason; `size` is that of all, packed,
    and `digest` tells archives of one size apart: of their first and last megabyte, or of a
    folder's names and sizes.

    Args:
        path: a tar (also gz, bz2, xz), a zip, or a folder.
        apart: a folder that is passed over, for results may go into the folder that is read.

    Raises:
        ArchiveError: if it is missing or of another kind.
    """

    def __init__(self, path: Path, apart: Path | None = None) -> None:
        self.path, self.apart = path, apart
        self.skipped: Counter[str] = Counter()
        self._file: BinaryIO | None = None
        self._done = 0
        digest = hashlib.blake2b(digest_size=8)
        try:
            if path.is_dir():
                self.kind = "folder"
                self.size = 0
                for file, found in self._walk(path):
                    self.size += found.st_size
                    name = file.relative_to(path).as_posix()
                    digest.update(f"{name}\0{found.st_size}\0".encode(errors="replace"))
            elif path.exists() and not path.is_file():
                raise ArchiveError(f"{path}: neither a file nor a folder")
            else:
                with open_file(path) as stream:
                    head = stream.read(HEAD)
                    self.size = stream.seek(0, os.SEEK_END)
                    stream.seek(max(self.size - HEAD, 0))
                    digest.update(head + stream.read(HEAD))
                self.kind = _kind(head[:512])
        except FileNotFoundError:
            raise ArchiveError(f"{path}: no such archive or folder") from None
        except OSError as error:
            raise ArchiveError(f"{path}: can't be read ({error.strerror})") from None
        if not self.kind:
            raise ArchiveError(
                f"{path}: no archive that can be read; give a tar (.gz, .bz2, .xz), zip or folder"
            )
        self.digest = digest.hexdigest()

    @property
    def position(self) -> int:
        """Packed bytes read so far."""
        if self._file is None or self._file.closed or self.kind == "zip":
            return self._done
        return self._file.tell()

    def __iter__(self) -> Iterator[Member]:
        """Yield the regular files in order; what comes before damage is yielded first.

        Raises:
            ArchiveError: where the archive is damaged or cut off.
        """
        read = {"folder": self._folder, "zip": self._zip}.get(self.kind, self._tar)
        try:
            if self.kind != "folder":
                self._file = open_file(self.path)
            yield from read()
        except ArchiveError as error:
            raise ArchiveError(f"{self.path}: {error}") from None
        except Exception as error:
            # OSError is how gzip and bz2 report damage; isal, lzma, zipfile and struct have errors
            # of their own, and a zip's table full of garbage raises nearly anything.
            why = " ".join(str(error).split()) or type(error).__name__
            raise ArchiveError(f"{self.path}: damaged or cut off ({why})") from None
        finally:
            if self._file is not None:
                self._done = self.position
                self._file.close()

    def _walk(self, folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield the files of a folder and of those in it, by name; no link is followed."""
        apart = self.apart.stat() if self.apart is not None and self.apart.exists() else None
        # What is still to come, the next one last: folders lie deeper than functions can.
        waiting: list[tuple[Path, bool]] = [(folder, True)]
        while waiting:
            path, inner = waiting.pop()
            try:
                found = path.lstat()
                if not inner:
                    yield path, found
                    continue
                if apart is not None and os.path.samestat(found, apart):
                    continue
                with os.scandir(path) as scanned:
                    entries = sorted(scanned, key=lambda entry: entry.name, reverse=True)
            except OSError:
                if path == folder:
                    raise
                self.skipped[UNREADABLE] += 1
                continue
            waiting += [(path / e.name, e.is_dir(follow_symlinks=False)) for e in entries]

    def _folder(self) -> Iterator[Member]:
        index = 0
        for file, found in self._walk(self.path):
            self._done += found.st_size
            if not stat.S_ISREG(found.st_mode):
                self.skipped[NO_FILE] += 1
                continue
            index += 1
            if found.st_size > MAX_BYTES:
                self.skipped[TOO_LARGE] += 1
                continue
            try:
                data = read_file(file, MAX_BYTES)
            except OSError:
                self.skipped[UNREADABLE] += 1
                continue
            yield Member(index - 1, str(file.relative_to(self.path)), data)

    def _zip(self) -> Iterator[Member]:
        with zipfile.ZipFile(self._file) as archive:  # type: ignore[arg-type]
            index = num_bytes = 0
            for info in archive.infolist():
                self._done += info.compress_size
                if info.is_dir() or (info.external_attr >> 16) & 0o170000 == 0o120000:
                    self.skipped[NO_FILE] += not info.is_dir()
                    continue
                index += 1
                if info.file_size > MAX_BYTES:
                    self.skipped[TOO_LARGE] += 1
                    continue
                if info.flag_bits & 1:
                    self.skipped["encrypted"] += 1
                    continue
                try:
                    with archive.open(info) as file:
                        data = file.read(MAX_BYTES + 1)
                except DAMAGE:
                    self.skipped["damaged"] += 1
                    continue
                # Of the whole file: its entries may lie on top of one another.
                num_bytes += len(data)
                check_ratio(num_bytes, self.size)
                if len(data) > MAX_BYTES:  # whatever the archive's own table says
                    self.skipped[TOO_LARGE] += 1
                    continue
                yield Member(index - 1, info.filename, data)

    def _tar(self) -> Iterator[Member]:
        stream = _unpacked(self._file, self.kind)  # type: ignore[arg-type]
        index = 0
        for name, data, skip in TarStream(
            stream, lambda: self.position, MAX_BYTES, seekable=stream is self._file
        ):
            if skip:
                self.skipped[skip] += 1
            else:
                yield Member(index, name, data)
            index += skip != NO_FILE


def _kind(head: bytes) -> str:
    """Tell an archive's kind from its first 512 bytes; empty when it is none."""
    kinds = (kind for magic, kind in MAGIC.items() if head.startswith(magic))
    if kind := next(kinds, ""):
        return kind
    return "tar" if head[TAR_MAGIC_AT : TAR_MAGIC_AT + 5] == b"ustar" or _old_tar(head) else ""


def _old_tar(head: bytes) -> bool:
    """Tell whether 512 bytes are a tar header of before POSIX, by its check sum."""
    with contextlib.suppress(tarfile.TarError):
        return bool(tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape"))
    return False


def _unpacked(file: BinaryIO, kind: str) -> Any:
    """Return the plain tar stream of a packed file."""
    if kind == "gz":
        try:
            from isal import igzip
        except ImportError:
            return gzip.GzipFile(fileobj=file)
        return igzip.IGzipFile(fileobj=file)  # type: ignore[no-untyped-call]
    unpack: dict[str, Any] = {"bz2": bz2.BZ2File, "xz": lzma.LZMAFile}
    return unpack[kind](file) if kind in unpack else file
