"""Taking in a file without trusting it: bounded in size, streamed to its place, read only there."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

MAX_UPLOAD_BYTES = 2_000_000_000
# Up to this size a file is read while the person waits; a larger one by a job.
READ_AT_ONCE_BYTES = 8_000_000


class Bounded(FileUploadHandler):
    """Breaks an upload off as soon as it is larger than allowed."""

    def __init__(self, request: HttpRequest, limit: int = MAX_UPLOAD_BYTES) -> None:
        super().__init__(request)
        self._limit = limit
        self._received = 0
        self.too_large = False

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002
        META: dict[str, Any],  # noqa: ARG002
        content_length: int,
        boundary: Any,  # noqa: ARG002
        encoding: Any = None,  # noqa: ARG002
    ) -> Any:
        """Read nothing when the browser says that it is too large."""
        if content_length <= self._limit:
            return None
        self.too_large = True
        return QueryDict(), MultiValueDict()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Count what comes in."""
        self._received += len(raw_data)
        if self._received > self._limit:
            self.too_large = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""


def bound_uploads(request: HttpRequest) -> Bounded:
    """Set the handlers of a request; before anything reads its body."""
    guard = Bounded(request)
    request.upload_handlers = [guard, TemporaryFileUploadHandler(request)]
    return guard
