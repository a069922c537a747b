"""Words of a vocabulary that a scan has spoilt by a sign: "Paticnt", "Laborat0ry", "Anirnal"."""

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import Levenshtein

LEAST = 6  # signs of a word or phrase that is repaired: shorter ones are alike by chance
LONG = 12  # signs from which two may be wrong
_DIGITS = str.maketrans("01568", "olsbb")  # what scans take for letters


class NearWords:
    """Finds the phrase that a text spells, or would but for a sign."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = frozenset(phrases)
        self._by_shortened: dict[str, list[str]] = {}
        self._parts: dict[int, _Parts] = {}  # by length
        for phrase in sorted(self._phrases):
            if len(phrase) >= LEAST:
                self._parts.setdefault(len(phrase), _Parts(length=len(phrase))).add(phrase)
                for shortened in _shorten(phrase):
                    self._by_shortened.setdefault(shortened, []).append(phrase)

    def find(self, text: str) -> str | None:
        """The phrase that folded `text` is, or is likest to; None if it is like none."""
        if text in self._phrases:
            return text
        if len(text) < LEAST:
            return None
        best: tuple[int, str] | None = None
        for spelt in {text, text.translate(_DIGITS).replace("rn", "m").replace("vv", "w")}:
            parts = self._parts.get(len(spelt))
            if parts is None or not parts.may_hold_near(spelt):
                continue  # soon told, for nearly all that are near nothing
            most = 2 if len(spelt) >= LONG else 1
            for phrase in {near for shortened in _shorten(spelt) for near in self._by_shortened.get(shortened, ())}:
                if len(phrase) != len(spelt):
                    continue  # plurals are words of their own
                distance = Levenshtein.distance(spelt, phrase, score_cutoff=most)
                if distance <= most and (best is None or (distance, phrase) < best):
                    best = (distance, phrase)
        return None if best is None else best[1]


class _Parts:
    """Parts of the phrases of one length, of which a text that is near a phrase shares one.

    A short one differs at one place: its first or its second half is the phrase's. A long one may have a sign too many
    at one place and one too few at another. Cut in thirds, the first or the last third holds neither place, or else the
    middle one is the phrase's, but for a place to the left or to the right.
    """

    def __init__(self, *, length: int) -> None:
        self._is_long = length >= LONG
        self._head, self._tail = (length // 3, length - length // 3) if self._is_long else (length // 2, length // 2)
        self._heads, self._tails, self._middles = set[str](), set[str](), set[str]()

    def add(self, phrase: str) -> None:
        self._heads.add(phrase[: self._head])
        self._tails.add(phrase[self._tail :])
        self._middles.add(phrase[self._head : self._tail])

    def may_hold_near(self, text: str) -> bool:
        head, tail = self._head, self._tail
        if text[:head] in self._heads or text[tail:] in self._tails:
            return True
        return self._is_long and (
            text[head + 1 : tail + 1] in self._middles or text[head - 1 : tail - 1] in self._middles
        )


def _shorten(text: str) -> Iterator[str]:
    """The text, and the text without each of its signs."""
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
