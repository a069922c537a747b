"""Bodies in JSON, as far as they can be worked on: of a bounded size and depth, with text that a database can hold."""

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser as BaseJSONParser

from pennie.rest.limits import BodyTooLarge, is_too_deep

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # escaped: with an odd number of backslashes before it


class JSONParser(BaseJSONParser):
    """DRF's own reads a body of any size into memory, and fails at one that is nested too deeply."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            said = super().parse(BytesIO(body), media_type, parser_context)
            text = json.dumps(said, ensure_ascii=False)
            text.encode()
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except UnicodeEncodeError as error:
            raise ParseError("The JSON has half a character in it: a surrogate without its other half.") from error
        if is_too_deep(said):
            raise ParseError("The JSON is nested too deeply.")
        if _NUL.search(text):
            raise ParseError("The JSON has the character U+0000 in it, which cannot be kept.")
        return said
