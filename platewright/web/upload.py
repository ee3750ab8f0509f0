"""Pictures out of a request: counted and weighed as they come in, held in memory alone."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

from platewright.web.errors import RequestError, TooLargeError

__all__ = ["BoundedMemory", "Upload", "uploads"]

Upload = tuple[str, bytes]
"""A picture's name, as the client calls it, and its bytes."""
LONGEST_NAME = 120


class BoundedMemory(FileUploadHandler):
    """Keeps files in memory, and stops at the first one that is too large.

    A file that is too large is marked as such in the request; the rest of it is thrown away.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._stream = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take a part of it.

        Raises:
            StopUpload: if it is too large.
        """
        if start + len(raw_data) > settings.MAX_PICTURE_BYTES:
            if self.request is not None:
                self.request.META["platewright.too_large"] = self.file_name
            self._stream = io.BytesIO()
            raise StopUpload(connection_reset=False)
        self._stream.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Hand the file on."""
        self._stream.seek(0)
        return InMemoryUploadedFile(
            file=self._stream,
            field_name=self.field_name,
            name=self.file_name or "picture",
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


def uploads(request: HttpRequest) -> list[Upload]:
    """Return the pictures of a form (any field), or the body itself where it is no form.

    Raises:
        RequestError: if there is none.
        TooLargeError: if one is too large, or there are too many.
    """
    most = settings.MAX_PICTURE_BYTES
    files: list[Any] = []
    if (request.content_type or "").startswith(("multipart/", "application/x-www-form")):
        for _, group in request.FILES.lists():
            files += [file for file in group if isinstance(file, UploadedFile)]
        if "platewright.too_large" in request.META:
            raise _too_large(str(request.META["platewright.too_large"]))
        found = list(_contents(files))
    else:
        if int(request.META.get("CONTENT_LENGTH") or 0) > most:
            raise _too_large("the picture")
        body = request.body
        found = [("picture", body)] if body else []
    if not found:
        raise RequestError("no picture was sent; choose one first")
    if len(found) > settings.MAX_PICTURES:
        raise TooLargeError(f"more than {settings.MAX_PICTURES} pictures; send fewer at a time")
    return found


def _contents(files: Iterable[Any]) -> Iterable[Upload]:
    for file in files:
        stream: IO[bytes] = file.file
        # The name is shown and kept, never used as a path.
        name = "".join(char for char in (file.name or "") if char.isprintable())
        yield name[-LONGEST_NAME:] or "picture", stream.read()


def _too_large(name: str) -> TooLargeError:
    most = f"{settings.MAX_PICTURE_BYTES / 1e6:g} MB"
    return TooLargeError(f"{name}: more than {most}; make it smaller")
