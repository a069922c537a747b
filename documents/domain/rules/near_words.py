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
        for phrase in sorted(self._phrases):
            if len(phrase) >= LEAST:
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
            most = 2 if len(spelt) >= LONG else 1
            for phrase in {near for shortened in _shorten(spelt) for near in self._by_shortened.get(shortened, ())}:
                if len(phrase) != len(spelt):
                    continue  # plurals are words of their own
                distance = Levenshtein.distance(spelt, phrase, score_cutoff=most)
                if distance <= most and (best is None or (distance, phrase) < best):
                    best = (distance, phrase)
        return None if best is None else best[1]


def _shorten(text: str) -> Iterator[str]:
    """The text, and the text without each of its signs."""
    yield text
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
