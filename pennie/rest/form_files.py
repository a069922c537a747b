"""Files in the forms of pages. Django parses a form to find its CSRF token, before anybody asks who sent it."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class MembersFileHandler(TemporaryFileUploadHandler):
    """Nothing of a stranger's file is written to disk; of a member's no more than shows that it is too large."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = settings.UPLOAD_MAX_BYTES + 1 - start  # one more than may be: whoever reads it refuses it
        if room > 0:
            super().receive_data_chunk(raw_data[:room], start)
