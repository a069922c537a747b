"""Many phrases looked for at once."""

import re
from collections.abc import Iterable


def either(phrases: Iterable[str]) -> str:
    """A pattern for any of `phrases`, longer ones first. Heads that phrases share are tried once, not once for each."""
    tails: dict[str, list[str]] = {}
    for phrase in phrases:
        tails.setdefault(phrase[:1], []).append(phrase[1:])
    options = [re.escape(head) + either(rest) for head, rest in tails.items() if head]
    if "" in tails:
        options.append("")
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"


class WordStarts:
    """Finds which of many phrases stand in a text at the beginning of a word, in one pass over the text."""

    def __init__(self, phrases: Iterable[str]) -> None:
        every = sorted(set(phrases))
        self._pattern = re.compile(rf"(?<!\w)(?=({either(every)}))")
        self._heads = {longest: [phrase for phrase in every if longest.startswith(phrase)] for longest in every}

    def find(self, text: str) -> set[str]:
        """The phrases that stand in `text`. Where a longer one stands, so do those that it begins with."""
        longest = {match[1] for match in self._pattern.finditer(text)}
        return {head for phrase in longest for head in self._heads[phrase]}
