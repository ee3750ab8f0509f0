"""Files of an archive or a folder, one after the other, never unpacked whole.

Nothing is written and no name is used as a path, so absolute paths, `..` and links in an archive
reach nothing. A tar, packed or not, is read as one stream in constant memory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from platewright.errors import ArchiveError

__all__ = ["MAX_BYTES", "Archive", "Member", "open_archive"]

MAX_BYTES = 128 << 20
"""Bytes of the largest file that is taken out of an archive."""
TAR_MAGIC_AT = 257


@dataclass(frozen=True)
class Member:
    """One file.

    Attributes:
        index: its place among the regular files, from 0.
        name: as the archive has it; for messages only.
        data: its content.
    """

    index: int
    name: str
    data: bytes


class Archive:
    """An open archive: iterate it once.

    Args:
        path: a tar (also gz, bz2, xz), a zip, or a folder.

    Attributes:
        skipped: how many entries were passed over, by reason.
        size: bytes in all, packed; for progress.

    Raises:
        ArchiveError: if it is missing or of another kind.
    """

    def __init__(self, path: Path) -> None:
        """Tell the kind by the first bytes."""
        self.path = path
        self.skipped: Counter[str] = Counter()
        self._file: BinaryIO | None = None
        self._done = 0
        if path.is_dir():
            self.kind = "folder"
            files = [f for f in path.rglob("*") if f.is_file() and not f.is_symlink()]
            self._files = sorted(files)
            self.size = sum(f.stat().st_size for f in files)
            return
        try:
            with path.open("rb") as file:
                head = file.read(512)
            self.size = path.stat().st_size
        except FileNotFoundError:
            raise ArchiveError(f"{path}: no such archive or folder") from None
        except OSError as error:
            raise ArchiveError(f"{path}: can't be read ({error.strerror})") from None
        self.kind = _kind(head)
        if not self.kind:
            raise ArchiveError(
                f"{path}: no archive that can be read; give a tar (.gz, .bz2, .xz), zip or folder"
            )

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
                self._file = self.path.open("rb")
            yield from read()
        except (
            tarfile.TarError,
            zipfile.BadZipFile,
            EOFError,
            lzma.LZMAError,
            zlib.error,
        ) as error:
            raise ArchiveError(f"{self.path}: damaged or cut off ({_reason(error)})") from None
        except OSError as error:  # gzip, bz2 and isal report damage so
            raise ArchiveError(f"{self.path}: damaged or cut off ({_reason(error)})") from None
        finally:
            if self._file is not None:
                self._done = self.position
                self._file.close()

    def _folder(self) -> Iterator[Member]:
        for index, file in enumerate(self._files):
            size = file.stat().st_size
            self._done += size
            if size > MAX_BYTES:
                self.skipped["too many bytes"] += 1
                continue
            yield Member(index, str(file.relative_to(self.path)), file.read_bytes())

    def _zip(self) -> Iterator[Member]:
        with zipfile.ZipFile(self._file) as archive:  # type: ignore[arg-type]
            index = 0
            for info in archive.infolist():
                self._done += info.compress_size
                if info.is_dir() or (info.external_attr >> 16) & 0o170000 == 0o120000:
                    self.skipped["no regular file"] += not info.is_dir()
                    continue
                index += 1
                if info.flag_bits & 1:
                    self.skipped["encrypted"] += 1
                    continue
                try:
                    with archive.open(info) as file:
                        data = file.read(MAX_BYTES + 1)
                except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
                    self.skipped["damaged"] += 1
                    continue
                if len(data) > MAX_BYTES:  # whatever the archive's own table says
                    self.skipped["too many bytes"] += 1
                    continue
                yield Member(index - 1, info.filename, data)

    def _tar(self) -> Iterator[Member]:
        stream = _unpacked(self._file, self.kind)  # type: ignore[arg-type]
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            index = 0
            for info in archive:
                # the list of all members, of no use in a stream, would grow without end
                archive.members = []  # type: ignore[attr-defined]
                if not info.isreg():
                    self.skipped["no regular file"] += not info.isdir()
                    continue
                index += 1
                if info.size > MAX_BYTES:
                    self.skipped["too many bytes"] += 1
                    continue
                file = archive.extractfile(info)
                data = file.read() if file is not None else b""
                if len(data) < info.size:
                    raise EOFError("the last file is incomplete")
                yield Member(index - 1, info.name, data)
        while stream.read(1 << 20):  # the packing's own check sum comes after the last member
            pass


def open_archive(path: Path) -> Archive:
    """Open a tar (also gz, bz2, xz), a zip or a folder; see `Archive`."""
    return Archive(path)


def _kind(head: bytes) -> str:
    """Tell an archive's kind from its first 512 bytes; empty when it is none."""
    for magic, kind in (
        (b"\x1f\x8b", "gz"),
        (b"BZh", "bz2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
    ):
        if head.startswith(magic):
            return kind
    return "tar" if head[TAR_MAGIC_AT : TAR_MAGIC_AT + 5] == b"ustar" or _old_tar(head) else ""


def _old_tar(head: bytes) -> bool:
    """Tell whether 512 bytes are a tar header of before POSIX, by its check sum."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _unpacked(file: BinaryIO, kind: str) -> Any:
    """Return the plain tar stream of a packed file."""
    if kind == "gz":
        try:
            from isal import igzip
        except ImportError:
            return gzip.GzipFile(fileobj=file)
        return igzip.IGzipFile(fileobj=file)  # type: ignore[no-untyped-call]
    if kind == "bz2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    return file


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or os.path.basename(type(error).__name__)
