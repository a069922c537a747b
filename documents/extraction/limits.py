"""What one file may cost. The caller passes the limits; nothing here reads settings."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionLimits:
    """Bounds of one extraction. For an e-mail they bound the message and its attachments together."""

    max_bytes: int = 200 * 1024 * 1024
    max_pages: int = 2000
    email_parts: int = 50  # leaves and attached messages, over all levels
    email_depth: int = 5  # messages within messages
    seconds: float = 120.0  # wall and CPU time
    memory_bytes: int = 2 * 1024**3  # address space of the process that parses
    max_characters: int = 50_000_000  # text that a parser may put out: a small PDF can unfold to gigabytes
