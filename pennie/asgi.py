"""The stream process: what stays open for minutes, and would hold a thread of the web process for as long."""

import io
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.dev")

import django
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler


class StreamHandler(ASGIHandler):
    """Django with the few addresses of `pennie.stream_urls`. No request that it serves has a body."""

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, refused = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = "pennie.stream_urls"
        return request, refused

    async def read_body(self, receive: Any) -> Any:
        """A body that comes all the same is dropped: Django would keep it on disk, whatever its size."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            if not message.get("more_body", False):
                return io.BytesIO()


django.setup(set_prefix=False)
application = StreamHandler()
