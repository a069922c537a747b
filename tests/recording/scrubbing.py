"""What must not stand in a recording: keys, ids of accounts and requests, cookies, and what reaches a person."""

import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.llm.recorded import PersonalKind, Recording, find_personal_data, recording_key, said_texts

# Everything else in an answer's head is dropped: cookies, organization, project, traces of the network.
KEPT_HEADERS = re.compile(r"content-type|openai-version|openai-processing-ms|retry-after(-ms)?|x-ratelimit-.*")
# With a digit or an asterisk in them: "user-friendly" is a word.
_IDS = re.compile(r"\b(sk|org|proj|req|user|resp|msg|rs|chatcmpl)([-_])(?=[\w-]*[\d*])[A-Za-z0-9*_-]{8,}")
_IDENTIFYING_FIELDS = {"safety_identifier", "user", "prompt_cache_key", "system_fingerprint"}
_MIN_CUT = 5  # characters of a value that a quote's end cut off and that still give it away

# Reserved for invented use, so they are nobody's: RFC 2606 domains, 555-01xx numbers, test microchips (ISO 11784: 999).
_INVENTED: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r".*@(?:.+\.)?(?:example\.(?:com|org|net)|[\w.-]+\.(?:example|test|invalid))", re.IGNORECASE),
    "phone": re.compile(r".*555\D?01\d\d"),
    "microchip": re.compile(r"999.*"),
}


class Scrubber:
    """Replaces personal data by placeholders, the same for the same value in all that it is given.

    `names` are replaced where they stand as whole words. Safe to use from many threads.
    """

    def __init__(self, *, names: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self._placeholders: dict[tuple[PersonalKind, str], str] = {}
        self._lock = threading.Lock()

    def scrub_exchange(
        self,
        *,
        method: str,
        path: str,
        request: Any,
        status: int,
        headers: Mapping[str, str],
        response: Any,
        synthetic: bool,
    ) -> Recording:
        """The exchange as it may be kept."""
        placeholders = [
            self._placeholder(found.kind, text[found.start : found.end])
            for text in said_texts(body=request)
            for found in find_personal_data(text=text, names=self.names)
        ]
        return Recording(
            key=recording_key(method=method, path=path, body=request, names=self.names),
            synthetic=synthetic,
            method=method,
            path=path,
            request=self.scrub(request),
            status=status,
            headers={name.lower(): text for name, text in headers.items() if KEPT_HEADERS.fullmatch(name.lower())},
            response=self.scrub(response),
            placeholders=tuple(placeholders),
        )

    def scrub(self, value: Any) -> Any:
        """`value` (decoded JSON) without ids and personal data."""
        if isinstance(value, dict):
            return {
                name: "scrubbed" if name in _IDENTIFYING_FIELDS and child is not None else self.scrub(child)
                for name, child in value.items()
            }
        if isinstance(value, list):
            return [self.scrub(child) for child in value]
        return self._scrub_text(value) if isinstance(value, str) else value

    def _scrub_text(self, text: str) -> str:
        scrubbed, at = "", 0
        for found in find_personal_data(text=text, names=self.names):
            scrubbed += text[at : found.start] + self._placeholder(found.kind, text[found.start : found.end])
            at = found.end
        scrubbed = self._scrub_cut_values(scrubbed + text[at:])
        return _IDS.sub(r"\1\2scrubbed", scrubbed)

    def _scrub_cut_values(self, text: str) -> str:
        """A quote may end within a value: then its beginning stands right before the end of a string."""
        with self._lock:
            known = [(value, placeholder) for (_, value), placeholder in self._placeholders.items()]
        for value, placeholder in known:
            if value[:_MIN_CUT].casefold() not in text.casefold():
                continue
            for length in range(len(value) - 1, _MIN_CUT - 1, -1):
                cut = re.compile(rf"(?<!\w){re.escape(value[:length])}(?=\"|\\|$)", re.IGNORECASE)
                text = cut.sub(placeholder[:length], text)
        return text

    def _placeholder(self, kind: PersonalKind, value: str) -> str:
        if kind in _INVENTED and _INVENTED[kind].fullmatch(value):
            return value
        with self._lock:
            key = (kind, value.casefold() if kind in {"email", "name"} else value)
            if key not in self._placeholders:
                number = sum(known == kind for known, _ in self._placeholders)
                self._placeholders[key] = _make_placeholder(kind, number=number)
            return self._placeholders[key]


def _make_placeholder(kind: PersonalKind, *, number: int) -> str:
    """Of the same kind as what it stands for, so that it is found where the value was."""
    match kind:
        case "email":
            return f"person{number + 1}@redacted.example"
        case "phone":
            return f"({555 - number // 100}) 555-01{number % 100:02d}"
        case "microchip":
            return f"999{number + 1:012d}"
        case "name":
            return f"Person {_letters(number)}"


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
