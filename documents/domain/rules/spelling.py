"""How a line is spelt as far as a scan leaves it: the letters that survive, so that spoilt copies are alike.

Scans take "l" for "1" and "I", "m" for "rn", lose and add blanks. What is left when such signs are made one, and
numbers and blanks dropped, is the same in most copies of a running header, however each is spoilt.
"""

import re
from functools import lru_cache

_MADE_ONE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "!": "l", "5": "s", "8": "b", "6": "b", "e": "c"})
_NUMBER = re.compile(
    r"(?<![^\W_])[#(]?(?=[^\s]*\d)[\doilsbz|.,:/#\-–]+(?![^\W_])"
)  # digits, and what is taken for them
_DIGIT = re.compile(r"\d")
_LONE = re.compile(r"(?<![^\W_])[l|i](?![^\W_])")  # a 1 that has been taken for a letter
_OTHER = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def spell(folded: str) -> str:
    """The letters of a folded line that a scan leaves alike, its numbers, blanks and marks dropped.

    It is "" if none are left, and no text to show: "modern" and "modem" are one.
    """
    bare = _LONE.sub(" ", _NUMBER.sub(" ", folded) if _DIGIT.search(folded) else folded)
    return _OTHER.sub("", bare.translate(_MADE_ONE).replace("rn", "m").replace("vv", "w"))
