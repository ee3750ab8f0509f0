"""Where a data set goes: a folder of this machine, or any URL that fsspec knows.

A shard's files arrive here from a temporary folder. In a folder that is a rename each, so that no
reader ever sees half a file; object stores show a file only when it is whole.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from platewright.errors import ConfigError, OutputError
from platewright.file import files_below, make_folder, write_file, writing
from platewright.lock import lock, scratch_folder

HIDDEN, LOCK = ".gen", "lock"
"""Folder of the store that holds what a run must know of itself, and no part of the data set."""


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def tree(folder: Path) -> list[str]:
    """Return the relative names of all files beneath a local folder, sorted."""
    return sorted(p.relative_to(folder).as_posix() for p in files_below(folder) if p.is_file())


class FolderStore:
    """A folder of this machine, or of a file system that all workers see, as a tree of files.

    Names are relative, with `/` between their parts. What can't be written, read or removed is an
    OutputError.

    Args:
        root: the folder; made where it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        make_folder(root)

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None where there is none."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutputError(f"{self.root / name}: can't be read: {error.strerror}") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        write_file(self.root / name, data)

    def names(self, folder: str = "") -> list[str]:
        """Return the names of what lies in a folder, without the folder's; sorted."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(os.listdir(self.root / folder))
        return []

    def take(self, folder: Path) -> None:
        """Move all files beneath a local folder here, under the same relative names."""
        names = tree(folder)
        for parent in {(self.root / name).parent for name in names}:
            make_folder(parent)
        for name in names:
            target = self.root / name
            with writing(target):
                os.replace(folder / name, target)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and the folders that become empty by it; missing ones are no error."""
        parents: set[PurePosixPath] = set()
        for name in names:
            path = self.root / name
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"{path}: can't be removed: {error.strerror}") from error
            parents.update(PurePosixPath(name).parents)
        for parent in sorted(parents, key=lambda p: -len(p.parts)):
            if parent.parts:
                with contextlib.suppress(OSError):
                    (self.root / parent).rmdir()

    @contextlib.contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """Give an empty folder of the same file system, which is gone afterwards."""
        make_folder(self._hidden)
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".part", dir=self._hidden))
        except OSError as error:
            raise OutputError(f"{self._hidden}: can't be written: {error.strerror}") from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out: an OutputError in them; what killed ones left goes."""
        make_folder(self._hidden)
        try:
            with lock(self._hidden / LOCK, str(self.root)):
                self.sweep()
                yield
        finally:
            with contextlib.suppress(OSError):
                self._hidden.rmdir()  # where nothing else is in it

    def sweep(self) -> None:
        """Remove staging folders that killed processes left here."""
        for folder in self._hidden.glob("*.part"):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _hidden(self) -> Path:
        return self.root / HIDDEN


class UrlStore:
    """What `FolderStore` is, in any file system that fsspec knows: `s3://`, `sftp://`, `memory://`.

    Raises:
        ConfigError: if fsspec, or what it needs for this kind of URL, isn't installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        kind = url.partition("://")[0]
        try:
            import fsspec
        except ImportError:
            raise ConfigError(f"{url}: an output URL needs fsspec: pip install fsspec") from None
        try:
            self.fs, self.root = fsspec.core.url_to_fs(self.url + "/")
        except ImportError as error:
            raise ConfigError(f"{url}: {_line(error)} (pip install)") from None
        except ValueError:
            raise ConfigError(f"{url}: fsspec knows no {kind}:// (a package may add it)") from None
        except Exception as error:
            raise OutputError(f"{url}: {_line(error)}") from error
        self.root = self.root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        """See `FolderStore`."""
        with self._errors_of(name):
            try:
                return bytes(self.fs.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """See `FolderStore`."""
        with self._errors_of(name):
            self._make_parents([name])
            self.fs.pipe_file(self._path(name), data)

    def names(self, folder: str = "") -> list[str]:
        """See `FolderStore`."""
        with self._errors_of(folder):
            self.fs.invalidate_cache()
            try:
                paths = self.fs.ls(self._path(folder), detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
            found = {str(path).rstrip("/").rpartition("/")[2] for path in paths}
            # Some object stores list the folder itself as an empty file.
            return sorted(found - {"", PurePosixPath(folder).name})

    def take(self, folder: Path) -> None:
        """See `FolderStore`."""
        names = tree(folder)
        with self._errors_of(""):
            self._make_parents(names)
            self.fs.put([str(folder / n) for n in names], [self._path(n) for n in names])

    def remove(self, names: Iterable[str]) -> None:
        """See `FolderStore`; what lists folders without files in them keeps those."""
        for name in names:
            with self._errors_of(name), contextlib.suppress(FileNotFoundError):
                self.fs.rm_file(self._path(name))

    @contextlib.contextmanager
    def staging(self, name: str) -> Iterator[Path]:
        """Give a folder in this machine's place for temporary files."""
        try:
            with scratch_folder() as folder:
                yield folder
        except OSError as error:
            raise OutputError(f"{tempfile.gettempdir()}: {error.strerror or error}") from error

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep nobody out: object stores know no locks."""
        return contextlib.nullcontext()

    def sweep(self) -> None:
        """Remove nothing: staging folders lie in the machines' places for temporary files."""

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if name else f"{self.root}/"

    def _make_parents(self, names: Iterable[str]) -> None:
        for parent in sorted({self._path(name).rpartition("/")[0] for name in names}):
            self.fs.makedirs(parent, exist_ok=True)

    @contextlib.contextmanager
    def _errors_of(self, name: str) -> Iterator[None]:
        """Turn whatever a file system raises (each has errors of its own) into one line."""
        try:
            yield
        except Exception as error:
            where = f"{self.url}/{name}" if name else self.url
            raise OutputError(f"{where}: {_line(error)}") from error


def is_url(out: str) -> bool:
    """Tell whether an output is a URL of fsspec's and no folder.

    >>> is_url("s3://bucket/plates"), is_url("file:///tmp/plates"), is_url("test")
    (True, False, False)
    """
    kind, mark, _ = out.partition("://")
    return bool(mark) and kind not in ("file", "local")


def local_path(out: str) -> Path:
    """Return the absolute path of an output that is no URL; `file://` may stand before it.

    >>> local_path("file:///tmp/plates").as_posix()
    '/tmp/plates'
    """
    kind, mark, path = out.partition("://")
    return Path(path if mark else kind).absolute()


Store = FolderStore | UrlStore


def open_store(out: str) -> Store:
    """Return the store of a folder's path or of a URL.

    Raises:
        ConfigError: if what the URL needs isn't installed.
        OutputError: if the folder can't be made.
    """
    return UrlStore(out) if is_url(out) else FolderStore(local_path(out))
