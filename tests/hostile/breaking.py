"""Ways to break a sound file, by a seeded generator of chances."""

from collections.abc import Callable, Mapping
from random import Random

Break = Callable[[Random, bytes], bytes]
_EXTENSIONS = ("txt", "pdf", "docx", "zip", "html", "eml", "png", "jpg", "tif", "webp", "bmp", "doc", "heic", "rtf", "")
_EVIL_BYTES = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xfe\xff\xff\xff",
    b"-1",
    b"9999999999",
)


def cut_off(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def cut_out(random: Random, content: bytes) -> bytes:
    start, end = sorted(random.randrange(len(content)) for _ in range(2))
    return content[:start] + content[end:]


def flip(random: Random, content: bytes) -> bytes:
    """A few to many bytes become others."""
    broken = bytearray(content)
    for _ in range(random.choice((1, 3, 10, 100))):
        broken[random.randrange(len(broken))] = random.randrange(256)
    return bytes(broken)


def poke(random: Random, content: bytes) -> bytes:
    """Lengths and counts become extreme."""
    broken = bytearray(content)
    for _ in range(random.choice((1, 2, 8))):
        evil = random.choice(_EVIL_BYTES)
        at = random.randrange(len(broken))
        broken[at : at + len(evil)] = evil
    return bytes(broken)


def repeat(random: Random, content: bytes) -> bytes:
    start, end = sorted(random.randrange(len(content)) for _ in range(2))
    return content[:end] + content[start:end] * random.choice((1, 5, 50)) + content[end:]


def shuffle(random: Random, content: bytes) -> bytes:
    size = max(1, len(content) // random.choice((3, 8, 30)))
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    head, *others = pieces
    random.shuffle(others)
    return head + b"".join(others)


def bury(random: Random, content: bytes) -> bytes:
    return random.randbytes(random.choice((1, 100, 5_000))) + content


def trail(random: Random, content: bytes) -> bytes:
    return content + random.randbytes(random.choice((1, 100, 50_000)))


BREAKS: Mapping[str, Break] = {
    "cut off": cut_off,
    "cut out": cut_out,
    "flipped": flip,
    "poked": poke,
    "repeated": repeat,
    "shuffled": shuffle,
    "buried": bury,
    "trailed": trail,
}


def rename(random: Random, name: str) -> str:
    extension = random.choice(_EXTENSIONS)
    stem = name.rsplit(".", 1)[0]
    return f"{stem}.{extension}" if extension else stem
