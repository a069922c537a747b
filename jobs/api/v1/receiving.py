"""The body of an upload, from the wire to one open file: bounded, complete, and gone with the request.

The file is written to a temporary file without a name, so that nothing is left of it, whatever ends the process.
"""

import tempfile
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.http.request import UnreadablePostError

from documents.extraction.problems import ExtractionProblem
from pennie.lib.refusals import Refusal

FIELD: Final = "file"
_ROOM_FOR_FIELDS: Final = 1024 * 1024  # of a body, besides its file
_SAY: Final = f"Send multipart/form-data with the file in a field named `{FIELD}`."


class Unreceived(Refusal):
    """A body that is not taken. Nothing of it was kept."""

    def __init__(self, code: str, *, title: str, detail: str, status: int = 400) -> None:
        super().__init__(code, title=title, detail=detail, status=status)


def check_length(request: HttpRequest, *, max_bytes: int) -> None:
    """Refuse by its headers what is not to be read at all. Raises ExtractionProblem (too_large) and Unreceived."""
    said = request.META.get("CONTENT_LENGTH") or ""
    if not said and request.headers.get("Transfer-Encoding"):
        raise Unreceived(
            "length_required",
            title="The body's length is not told",
            detail="Send the upload with a Content-Length header, not chunked.",
            status=411,
        )
    if said.isascii() and said.isdigit() and int(said) > max_bytes + _ROOM_FOR_FIELDS:
        raise too_large(max_bytes=max_bytes)


def receive_into_file(request: HttpRequest, *, max_bytes: int) -> None:
    """Let whoever parses the body of `request` do it by the rules of this module."""
    request.upload_handlers = [_WholeBody(request, max_bytes=max_bytes)]


def too_large(*, max_bytes: int) -> ExtractionProblem:
    return ExtractionProblem("too_large", found=f"more than {max_bytes:,} bytes; at most {max_bytes:,} are read")


class _WholeBody(FileUploadHandler):
    """Parses the whole body itself, because Django takes a body that breaks off for one that has ended."""

    def __init__(self, request: HttpRequest, *, max_bytes: int) -> None:
        super().__init__(request)
        self._max_bytes = max_bytes

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> tuple[Any, Any]:
        body: Any = _Counted(input_data)
        handler = _OneFile(self.request, max_bytes=self._max_bytes)
        try:
            fields, files = MultiPartParser(META, body, [handler], encoding).parse()
            if body.count != content_length:
                raise UnreadablePostError
        except BaseException as error:
            handler.close()
            raise explain(error) from error
        return fields, files

    # Never called, because the parser is told that all is done; the base class wants them.
    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def explain(error: BaseException) -> BaseException:
    """What the parser raised, as the problem that it is; what is no fault of the body as it is."""
    if isinstance(error, UnreadablePostError):
        return Unreceived(
            "interrupted",
            title="The upload broke off",
            detail="The body ended before its Content-Length. Nothing was stored: send it again.",
        )
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent):
        return Unreceived(
            "fields_too_large",
            title="The fields are too large",
            detail=f"The fields beside the file exceed 1 MB, or are too many. {_SAY} It needs a filename there.",
            status=413,
        )
    if isinstance(error, TooManyFilesSent):
        return _several_files()
    if isinstance(error, MultiPartParserError):
        return Unreceived("parse_error", title="The request's body cannot be read", detail=f"It is broken. {_SAY}")
    return error


def _several_files() -> Unreceived:
    return Unreceived(
        "several_files",
        title="More than one file was sent",
        detail="Send each file in a request of its own: each becomes an upload with a job.",
        status=422,
    )


class _Counted:
    """A stream that knows how much was read of it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.count += len(data)
        return data


class _OneFile(FileUploadHandler):
    """Takes one file of at most `max_bytes`, in the field that is meant for it."""

    def __init__(self, request: HttpRequest | None, *, max_bytes: int) -> None:
        super().__init__(request)
        self._max_bytes = max_bytes
        self._file: UploadedFile[Any] | None = None
        self._size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._file is not None:
            raise _several_files()
        if self.field_name != FIELD:
            raise Unreceived("unexpected_field", title="The file is in another field", detail=_SAY, status=422)
        unnamed = tempfile.TemporaryFile(prefix="pennie-upload-")  # noqa: SIM115  # closed with the request
        self._file = UploadedFile(file=unnamed, name=self.file_name, content_type=self.content_type)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self._file is not None
        self._size += len(raw_data)
        if self._size > self._max_bytes:
            raise too_large(max_bytes=self._max_bytes)
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        if self._file is not None:
            self._file.seek(0)
            self._file.size = file_size
        return self._file

    def upload_interrupted(self) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
