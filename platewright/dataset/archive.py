"""Archives of photos, read as a stream: tar (also gz, bz2, xz), zip, or a folder.

Nothing is ever unpacked to disk, and no name from an archive becomes a path. One member is in
memory at a time. What kind of archive a file is, its content tells, never its name.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from platewright.dataset.tarstream import NOT_TAR, Member, read_members, unsafe_name
from platewright.errors import ArchiveError

try:
    from isal import igzip, isal_zlib
except ImportError:  # the standard library does the same, slower
    igzip = isal_zlib = None

__all__ = ["MAX_BYTES", "Archive", "Member", "open_archive"]

MAX_BYTES = 64 << 20
"""Bytes of the largest member that is read; longer ones are passed over."""

_MAGIC = {
    b"\x1f\x8b": "tar.gz",
    b"BZh": "tar.bz2",
    b"\xfd7zXZ\0": "tar.xz",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
_HEAD = 1 << 20
# What the unpackers raise on damaged input; EOFError where the file ends too soon.
_DAMAGE: tuple[type[Exception], ...] = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    *((isal_zlib.error,) if isal_zlib else ()),
)


@dataclass
class Archive:
    """An archive that can be read from the start any number of times.

    Attributes:
        path: file or folder.
        kind: "tar", "tar.gz", "tar.bz2", "tar.xz", "zip" or "folder".
        size: bytes to read in all, as they lie on the disk.
        identity: tells this archive from others: its size and a digest of its beginning and its
            end, or of a folder's names and sizes.
        position: how many of the `size` bytes have been read.
        apart: a folder that isn't entered, for the results may lie inside of what is read.
    """

    path: Path
    kind: str
    size: int
    identity: str
    position: int = 0
    apart: Path | None = None

    def members(self, max_bytes: int = MAX_BYTES) -> Iterator[Member]:
        """Yield all that is in the archive, in its order, without folders.

        Args:
            max_bytes: longer members are passed over, unread.

        Raises:
            ArchiveError: where the archive is cut off or damaged; what was yielded is good.
        """
        self.position = 0
        if self.kind == "folder":
            yield from self._folder(max_bytes)
            return
        try:
            if self.kind == "zip":
                yield from self._zip(max_bytes)
                return
            with self.path.open("rb") as raw, _unpack(raw, self.kind) as stream:
                for member in read_members(stream, raw.tell, max_bytes, seekable=stream is raw):
                    self.position = min(raw.tell(), self.size)
                    yield member
        except ArchiveError as error:
            raise ArchiveError(f"{self.path}: {error}") from error
        except EOFError as error:
            raise ArchiveError(f"{self.path}: cut off; copy it again") from error
        except OSError as error:
            if error.errno is not None:
                raise ArchiveError(f"{self.path}: can't be read: {error.strerror}") from error
            raise ArchiveError(f"{self.path}: damaged ({error}); copy it again") from error
        except (zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise ArchiveError(f"{self.path}: damaged ({error}); copy it again") from error
        self.position = self.size

    def _zip(self, max_bytes: int) -> Iterator[Member]:
        """Yield a zip file's members by its directory, which lies at its end."""
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ArchiveError(
                f"the directory at the end of this zip is damaged or cut off ({error}); "
                "copy it again"
            ) from error
        with archive:
            for item in archive.infolist():
                if item.is_dir():
                    continue
                self.position = min(self.position + item.compress_size, self.size)
                yield _zip_member(archive, item, max_bytes)

    def _folder(self, max_bytes: int) -> Iterator[Member]:
        """Yield a folder's files, links passed over, in the order of their names."""
        for path, link in _walk(self.path, self.apart):
            name = path.relative_to(self.path).as_posix()
            try:
                found = path.lstat()
                if link or not stat.S_ISREG(found.st_mode):
                    yield Member(name, skip="link" if link else "device or pipe")
                elif found.st_size > max_bytes:
                    yield Member(name, skip=f"over {max_bytes >> 20} MB")
                else:
                    yield Member(name, path.read_bytes())
                self.position += found.st_size
            except OSError:
                yield Member(name, skip="can't be read")


def open_archive(path: Path, *, apart: Path | None = None) -> Archive:
    """Look at an archive and tell its kind.

    Args:
        path: file or folder.
        apart: a folder inside of it that isn't to be read.

    Raises:
        ArchiveError: if it is missing, empty, or neither tar, zip nor folder.
    """
    try:
        if path.is_dir():
            return _look_at_folder(path, apart)
        if path.exists() and not path.is_file():
            raise ArchiveError(f"{path}: neither a file nor a folder")
        with path.open("rb") as raw:
            size = raw.seek(0, os.SEEK_END)
            raw.seek(0)
            head = raw.read(_HEAD)
            raw.seek(max(size - _HEAD, 0))
            digest = hashlib.blake2b(head + raw.read(_HEAD), digest_size=16).hexdigest()
            raw.seek(0)
            kind = next((k for start, k in _MAGIC.items() if head.startswith(start)), "tar")
            if not head:
                raise ArchiveError(f"{path}: the file is empty; copy it again")
            if kind != "zip":
                _check_first_header(raw, path, kind)
    except OSError as error:
        raise ArchiveError(f"{path}: can't be read: {error.strerror or error}") from error
    return Archive(path=path, kind=kind, size=size, identity=f"{size}-{digest}")


def _check_first_header(raw: BinaryIO, path: Path, kind: str) -> None:
    """Refuse what isn't a tar inside; an archive that is cut off so early is refused too."""
    try:
        with _unpack(raw, kind) as stream:
            start = stream.read(512)
    except _DAMAGE as error:
        raise ArchiveError(f"{path}: damaged or cut off ({error}); copy it again") from error
    # The mark of POSIX and GNU archives; older ones have their checksum alone, in octal.
    if start[257:262] != b"ustar" and (len(start) < 512 or not _checksum_fits(start)):
        raise ArchiveError(f"{path}: {NOT_TAR}")


def _checksum_fits(header: bytes) -> bool:
    """Tell whether 512 bytes are a tar header (or the zeros that end a tar)."""
    told = header[148:156].strip(b" \0")
    sum_ = sum(header[:148]) + 8 * 32 + sum(header[156:])
    return not any(header) or (told.isdigit() and sum_ == int(told, 8))


def _unpack(raw: BinaryIO, kind: str) -> Any:
    """Return a stream of a file's unpacked bytes."""
    if kind == "tar.gz":
        return (igzip.IGzipFile if igzip else gzip.GzipFile)(fileobj=raw)
    if kind == "tar.bz2":
        return bz2.BZ2File(raw)
    return lzma.LZMAFile(raw) if kind == "tar.xz" else raw


def _zip_member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, max_bytes: int) -> Member:
    """Read one member of a zip file; its own damage is no harm to the others."""
    mode = item.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Member(item.filename, skip="link")
    if unsafe_name(item.orig_filename):
        return Member(item.filename, skip="unsafe path")
    if item.flag_bits & 1:
        return Member(item.filename, skip="encrypted")
    if item.file_size > max_bytes:
        return Member(item.filename, skip=f"over {max_bytes >> 20} MB")
    try:
        with archive.open(item) as stream:
            data = stream.read(max_bytes + 1)
    except NotImplementedError:
        return Member(item.filename, skip="unknown compression")
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError):
        return Member(item.filename, skip="damaged in the archive")
    return Member(item.filename, data)


def _walk(folder: Path, apart: Path | None) -> Iterator[tuple[Path, bool]]:
    """Yield the files of a folder and those in it, and whether each is a link, by name."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise ArchiveError(f"{folder}: can't be read: {error.strerror or error}") from error
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if apart is None or not apart.exists() or not apart.samefile(path):
                yield from _walk(path, apart)
        else:
            yield path, entry.is_symlink()


def _look_at_folder(path: Path, apart: Path | None) -> Archive:
    """Return a folder as an archive; its names and sizes are its identity."""
    digest = hashlib.blake2b(digest_size=16)
    size = 0
    for file, _ in _walk(path, apart):
        num_bytes = file.lstat().st_size
        size += num_bytes
        digest.update(f"{file.relative_to(path).as_posix()}\0{num_bytes}\0".encode(errors="replace"))
    return Archive(
        path=path, kind="folder", size=size, identity=f"{size}-{digest.hexdigest()}", apart=apart
    )
