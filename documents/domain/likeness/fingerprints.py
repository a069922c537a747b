"""A document's fingerprint: enough to find copies of it among many without reading their text.

`digest` is the same for two documents with the same wording, and for no others. `sketch` tells how much of two
wordings is alike: the bottom-k sketch of Broder, "On the resemblance and containment of documents" (1997), over runs of
three words. A run holds its digits as they are, so the same form filled in otherwise is not alike.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

from documents.domain.likeness.marks import Standing, read_reference, read_standing
from documents.domain.likeness.wording import Wording

VERSION = 1  # of all that a fingerprint is made by; another one is not to be compared with it
SKETCH_SIZE = 64  # the standard error of `resemble` is at most 1 / (2 * sqrt(64)) = 0.06
RUN = 3  # words

_WIDE, _MOST = (1 << 64) - 1, (1 << 32) - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """`sketch`: the smallest hashes of 32 bits, in order; fewer than SKETCH_SIZE for a document of few words."""

    digest: str  # 32 hexadecimal digits
    word_count: int
    digit_count: int
    standing: Standing
    reference: str  # digest of the number of its report, 32 hexadecimal digits; empty: it prints none
    sketch: tuple[int, ...]


def take_fingerprint(wording: Wording) -> Fingerprint:
    words = wording.words
    reference = read_reference(words)
    return Fingerprint(
        digest=_digest(" ".join(words)),
        word_count=len(words),
        digit_count=sum(character.isdigit() for word in words for character in word),
        standing=read_standing(wording),
        reference=_digest(reference) if reference else "",
        sketch=tuple(sorted(set(_hash_runs(words)))[:SKETCH_SIZE]),
    )


def resemble(first: Fingerprint, second: Fingerprint) -> float:
    """The share of their runs of words that both have (Jaccard's), 0 to 1: exact up to 64 runs, else an estimate."""
    one, other = set(first.sketch), set(second.sketch)
    either = sorted(one | other)[:SKETCH_SIZE]
    return sum(each in one and each in other for each in either) / len(either) if either else 0.0


def pack_sketch(sketch: Sequence[int]) -> bytes:
    return struct.pack(f">{len(sketch)}I", *sketch)


def unpack_sketch(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(packed) // 4}I", packed)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _hash_runs(words: Sequence[str]) -> Iterator[int]:
    """A hash of 32 bits for each run of words; a document of one or two words is one run."""
    known: dict[str, int] = {}
    hashes = [known.get(word) or known.setdefault(word, crc32(word.encode("utf-8", "replace"))) for word in words]
    if len(hashes) < RUN:
        hashes += [0] * (RUN - len(hashes)) if hashes else []
    for one, two, three in zip(hashes, hashes[1:], hashes[2:], strict=False):
        mixed = (one * 0x9E3779B97F4A7C15 + two * 0xC2B2AE3D27D4EB4F + three * 0x165667B19E3779F9) & _WIDE
        mixed = ((mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9) & _WIDE
        yield (mixed >> 32) & _MOST
