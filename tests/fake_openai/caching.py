"""Prompt caching, as https://developers.openai.com/api/docs/guides/prompt-caching describes and bills it."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.fake_openai.requests import ModelRequest
from tests.fake_openai.wire import count_tokens

CACHE_MINIMUM: Final = 1024  # tokens that a head must have to be cached
CACHE_STEP: Final = 128  # older models cache in such steps, and write for nothing
_NEWER_MODELS: Final = re.compile(r"gpt-(?:5\.[6-9]|[6-9])")
_MAX_WRITES: Final = 4  # breakpoints that one request may write


@dataclass(frozen=True, kw_only=True)
class CacheUse:
    """Tokens of a prompt that were read from the cache, and those written to it."""

    read: int = 0
    written: int = 0


class PromptCache:
    """Heads of prompts, for each model and prompt_cache_key apart. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: set[bytes] = set()

    def use(self, *, request: ModelRequest) -> CacheUse:
        """What `request` reads and writes.

        Newer models match and write at breakpoints alone, exactly: those that the request marks, and one at the end of
        its newest message unless `prompt_cache_options.mode` is "explicit". Of older models the instructions are
        cached, in steps.
        """
        is_older = not _NEWER_MODELS.match(request.model)
        heads = [*_find_head(request)] if is_older else [*_find_heads(request)]
        with self._lock:
            known = [tokens for digest, tokens in heads if digest in self._heads]
            self._heads.update(digest for digest, _ in heads)
        read = max(known, default=0)
        reach = max((tokens for _, tokens in heads), default=0)
        return CacheUse(read=read, written=0 if is_older else max(0, reach - read))


def _find_head(request: ModelRequest) -> Iterator[tuple[bytes, int]]:
    length = count_tokens(request.instructions) // CACHE_STEP * CACHE_STEP
    if length >= CACHE_MINIMUM:
        yield _digest(request, request.instructions.encode()), length


def _find_heads(request: ModelRequest) -> Iterator[tuple[bytes, int]]:
    """Digest and tokens of each head that ends at a breakpoint, the schema counted in: it stands before all else."""
    schema = json.dumps(request.schema or "")
    options = request.body.get("prompt_cache_options") or {}
    parts = [*_parts(request)]
    ends = [number for number, (_, marked) in enumerate(parts, start=1) if marked]
    if options.get("mode") != "explicit":
        ends = [*ends[-_MAX_WRITES + 1 :], len(parts)]
    for end in dict.fromkeys(ends[-_MAX_WRITES:]):
        text = "\n".join(words for words, _ in parts[:end])
        tokens = count_tokens(text) + count_tokens(schema)
        if tokens >= CACHE_MINIMUM:
            yield _digest(request, f"{schema}\0{text}".encode()), tokens


def _digest(request: ModelRequest, head: bytes) -> bytes:
    key = request.body.get("prompt_cache_key") or ""
    return hashlib.blake2b(f"{request.model}\0{key}\0".encode() + head, digest_size=16).digest()


def _parts(request: ModelRequest) -> Iterator[tuple[str, bool]]:
    """The prompt's words in order, and whether a breakpoint stands behind them."""
    if request.body.get("instructions"):
        yield request.body["instructions"], False
    entries: str | Sequence[Mapping[str, Any]] = request.body.get("input") or request.body.get("messages") or ()
    for entry in [{"content": entries}] if isinstance(entries, str) else entries:
        content = entry.get("content") or ""
        for part in [{"text": content}] if isinstance(content, str) else content:
            yield part.get("text", ""), "prompt_cache_breakpoint" in part
