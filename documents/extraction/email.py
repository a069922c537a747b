"""An e-mail as numbered lines: header lines, body, then attachments, each a part that begins a new page.

The standard library parses the structure, by its `compat32` policy: the newer one raises on many malformed headers and
takes minutes on hostile ones.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.policy import Compat32
from typing import Literal

from documents.domain.lines import Part, SourceText, from_text
from documents.extraction.assembly import STOPPERS, Allowance, Assembly, ReadPart
from documents.extraction.email_words import (
    LONGEST_HEADER,
    decode_bytes,
    decode_text_part,
    name_of,
    print_headers,
)
from documents.extraction.html import read_html
from documents.extraction.limits import ExtractionLimits, check_volume
from documents.extraction.problems import ExtractionProblem

BODY_NAME = "message body"
_MOST_CONTAINERS = 10  # multiparts in one another within a message; real mail has three or four
_CONTAINERS_A_PART = 4  # multiparts that a file may have for each part allowed, before the parser is tried on it
_CONTAINER = re.compile(rb"(?:\A|[\r\n])content-type:\s*(?:multipart|message)/", re.IGNORECASE)
_MOST_LINES = (
    5_000_000  # of a message with its attachments, each of which takes memory: 200 MB in base64 have 2,700,000
)
_LONGEST_PARAMETERS = 4_000  # characters of a header that says how a part is made


class _Policy(Compat32):
    """Headers cut to a length that can be taken apart: the library's time grows with the square of it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _LONGEST_PARAMETERS if name.lower().startswith("content-") else LONGEST_HEADER]


_POLICY = _Policy()


@dataclass(frozen=True, slots=True)
class _Leaf:
    role: Literal["plain", "html", "attachment", "message"]
    node: Message


def extract_email(*, content: bytes, limits: ExtractionLimits, read_attachment: ReadPart) -> SourceText:
    """The message and all that is readable in it; what is not is named in a warning.

    Raises ExtractionProblem: `too_many_parts`, `too_deep`, `too_slow`, or `no_text` where neither subject nor body nor
    any attachment is readable.
    """
    budget = _Budget(limits=limits, read_attachment=read_attachment)
    return _read_message(budget.parse(content), name=BODY_NAME, depth=limits.email_depth, budget=budget)


class _Budget:
    """What the parts of one file have in common: limits, the time and parts used so far, how an attachment is read."""

    def __init__(self, *, limits: ExtractionLimits, read_attachment: ReadPart) -> None:
        self.limits = limits
        self.read_attachment = read_attachment
        self._allowance = Allowance(limits)
        self._parts = 0

    def parse(self, content: bytes) -> Message:
        most = self.limits.email_parts * _CONTAINERS_A_PART
        if sum(1 for _ in _CONTAINER.finditer(content)) > most:
            raise ExtractionProblem("too_many_parts", found=f"more than {most:,} multiparts")
        if max(content.count(b"\n"), content.count(b"\r")) > _MOST_LINES:
            raise ExtractionProblem("too_large", found=f"more than {_MOST_LINES:,} lines")
        try:
            return email.message_from_bytes(content, policy=_POLICY)
        except RecursionError:
            raise _too_deep() from None

    def count_part(self) -> None:
        self._parts += 1
        if self._parts > self.limits.email_parts:
            raise ExtractionProblem("too_many_parts", found=f"more than {self.limits.email_parts:,}")

    def remaining(self, *, depth: int) -> ExtractionLimits:
        """Limits for a file attached at `depth`, when this much time and this many parts are used."""
        parts = self.limits.email_parts - self._parts
        return replace(self._allowance.remaining(), email_parts=parts, email_depth=depth)


def _read_message(message: Message, *, name: str, depth: int, budget: _Budget) -> SourceText:
    if depth <= 0:
        raise _too_deep()
    leaves = list(_find_leaves(message, containers=0, budget=budget))
    assembly = Assembly(limits=budget.limits)
    body = _read_body(leaves, depth=depth, budget=budget, warnings=assembly.warnings)
    words = "\n".join((*print_headers(message), "", body))
    check_volume(words, limits=budget.limits)
    head = from_text(words)
    assembly.add(replace(head, parts=(Part(name=name, kind="email", first_line=1),)))
    unread = _add_attachments(leaves, depth=depth, budget=budget, assembly=assembly)
    if unread and len(assembly.parts) == 1 and not body.strip():
        raise ExtractionProblem("no_text", found=f"attachments: {', '.join(dict.fromkeys(unread))}")
    return assembly.finish()


def _find_leaves(node: Message, *, containers: int, budget: _Budget) -> Iterator[_Leaf]:
    """The leaves of one message in order. Of alternatives one body is taken, but the attachments of all."""
    if containers > _MOST_CONTAINERS:
        raise _too_deep()
    children = _children(node)
    if node.get_content_maintype() == "multipart" and children:
        options = [list(_find_leaves(child, containers=containers + 1, budget=budget)) for child in children]
        chosen = _choose(options) if node.get_content_subtype() == "alternative" else None
        for number, option in enumerate(options):
            keeps_body = chosen is None or number == chosen
            yield from (leaf for leaf in option if keeps_body or leaf.role not in ("plain", "html"))
    else:
        budget.count_part()
        yield _Leaf(_role_of(node), node)


def _choose(options: list[list[_Leaf]]) -> int:
    """The first alternative with words in plain text, else the last one with HTML."""
    for number, option in enumerate(options):
        if any(leaf.role == "plain" and decode_text_part(leaf.node).strip() for leaf in option):
            return number
    with_html = [number for number, option in enumerate(options) if any(leaf.role == "html" for leaf in option)]
    return with_html[-1] if with_html else 0


def _role_of(node: Message) -> Literal["plain", "html", "attachment", "message"]:
    kind = node.get_content_type()
    if kind == "message/rfc822":
        return "message"
    if name_of(node) or node.get_content_disposition() == "attachment":
        return "attachment"
    if kind == "text/html":
        return "html"
    # A multipart that is a leaf has lost its boundary: its raw text is still worth reading.
    return "plain" if kind == "text/plain" or kind.startswith("multipart/") else "attachment"


def _children(node: Message) -> list[Message]:
    # Of a leaf the library would decode all of the text only to tell that there are none.
    payload = node.get_payload() if node.is_multipart() else None
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _read_body(leaves: list[_Leaf], *, depth: int, budget: _Budget, warnings: list[str]) -> str:
    pieces = []
    for leaf in leaves:
        if leaf.role == "plain":
            pieces.append(decode_text_part(leaf.node))
        elif leaf.role == "html":
            try:
                pieces.append(read_html(decode_text_part(leaf.node), limits=budget.remaining(depth=depth)))
            except ExtractionProblem as problem:
                warnings.append(f"The HTML body was not read. {problem.detail_within}")
    return "\n".join(piece.rstrip("\r\n") for piece in pieces if piece.strip())


def _add_attachments(leaves: list[_Leaf], *, depth: int, budget: _Budget, assembly: Assembly) -> list[str]:
    """Add what is readable, warn of what is not, and give the reasons for the latter."""
    attached = [leaf for leaf in leaves if leaf.role in ("attachment", "message")]
    unread = []
    for number, leaf in enumerate(attached, 1):
        name = name_of(leaf.node) or ("attached message" if leaf.role == "message" else f"attachment {number}")
        try:
            source = _read_attached(leaf, name=name, depth=depth, budget=budget)
        except ExtractionProblem as problem:
            if problem.code in STOPPERS:
                raise
            unread.append(problem.title)
            assembly.warnings.append(f"Attachment not read: {name}. {problem.detail_within}")
        else:
            assembly.add(source)
            assembly.warnings += (f"{name}: {warning}" for warning in source.warnings)
    return unread


def _read_attached(leaf: _Leaf, *, name: str, depth: int, budget: _Budget) -> SourceText:
    if leaf.role == "attachment":
        content = decode_bytes(leaf.node)
    else:
        transfer = str(leaf.node.get("Content-Transfer-Encoding", "")).strip().lower()
        children = _children(leaf.node)
        if children and transfer not in ("base64", "quoted-printable"):
            return _read_message(children[0], name=name, depth=depth - 1, budget=budget)
        content = _undo_parsing(children[0], transfer=transfer) if children else decode_bytes(leaf.node)
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
    return budget.read_attachment(content=content, name=name, limits=budget.remaining(depth=depth - 1))


def _undo_parsing(message: Message, *, transfer: str) -> bytes:
    """The bytes of an attached message that was encoded, against the standard, and so was parsed as if it were not."""
    del message["Content-Transfer-Encoding"]
    message["Content-Transfer-Encoding"] = transfer
    return decode_bytes(message)


def _too_deep() -> ExtractionProblem:
    return ExtractionProblem("too_deep", found=f"too many messages, or {_MOST_CONTAINERS} multiparts, in one another")
