"""Headings printed by a template: a practice's export begins each visit with a line of one shape, its date in it.

The shape is the file's own: a glyph and a title over a line with date, time and user; a date and a time alone; a
weekday, a date, a colon. It is told by its coming again and again, in the order of its dates, at a distance. Where the
lines above its dated lines are alike too, and such lines are rare elsewhere, the heading begins there.
"""

import datetime
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from documents.domain.lines import strip_glyphs
from documents.domain.rules.entries import is_glyph, stand_among
from documents.domain.rules.features import LineFeatures, is_name
from documents.domain.rules.words import other_day

LEAST = 4  # dated lines of one shape that make a template
MANY = 8  # of them, from which a template says all that it can
IN_ORDER = 0.85  # share of their dates that go one way, up or down
ORDERED_OVER = 4  # over one in so many of them order is told as well: exports are only roughly in order
OWN_DAYS = 0.4  # different days for each of them: a header on each page tells the same day again and again
APART = 2  # lines with words from one to the next
MOSTLY = 0.75  # share of the distances that must be so
DATE_WITHIN = 40  # characters before the date
LONGEST_ABOVE = 60  # characters of a title above a dated line
ALIKE = 0.85  # share of the lines above that must be alike
OFTEN = 0.6  # share of them that is enough where hardly any other line of the file is like them
HARDLY = 0.02  # share of the file's other lines that may be
LEADS_ABOVE = (2, 1)  # lines above a dated one at which a heading may begin with a line that one word leads
RARE_LEAD = 0.2  # other lines led by the word that leads them, for each of them
RARE = 0.4  # share of the file's other lines that may be like them
_TIME = re.compile(
    r"[\s,;|–-]*(?:at |a las |à |um |@ ?)?\d{1,2}[:.h]\d{2}(?::\d{2})?\s?(?:[ap]\.?m\.?|uhr|hs?\b)?", re.IGNORECASE
)
_LEAD = re.compile(r"\s*([^\W\d_]{3,})\b")
_LONE_LETTER = re.compile(r"\s*[^\W\d_]\s+\w")
_WORD, _NUMBER = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")

Dates = Sequence[tuple[int, int, datetime.date]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """The headings of one template, by position: their first lines, and the lines of them that are not first."""

    first: frozenset[int]
    further: frozenset[int]  # the dated lines that stand below a first line
    share: float  # how sure the template is, up to 1: the more headings, the surer


def find_templates(
    lines: Sequence[str],
    *,
    words: Sequence[int],
    features: Callable[[int], LineFeatures],
    dates: Callable[[int], Dates],
    titles: Sequence[int] = (),
) -> list[Template]:
    """The templates of a file of `lines`, of which those with the numbers `words` are looked at.

    `features` and `dates` are asked by line number. Positions are places in `words`; `titles` are those of titles of
    forms that come again and again, each with a header block of its own.
    """
    families: dict[str, list[int]] = defaultdict(list)
    for position, number in enumerate(words):
        line = lines[number - 1]
        if not (found := dates(number)) or _NUMBER.search(line, 0, DATE_WITHIN + 12) is None:
            continue
        shape = _shape(line, start=found[0][0], end=found[0][1])
        if shape is not None and not (features(number).groups or features(number).closing):
            families[shape].append(position)
    printed = _Printed(lines, words=words, features=features)
    templates = []
    for family in families.values():
        for lines_of_one in (family, [position for position in family if printed.is_under_glyph(position)]):
            if _is_template(lines_of_one, days=[dates(words[position])[0][2] for position in lines_of_one]):
                templates.append(_find_heading(lines_of_one, printed=printed))
                break  # dates of the same shape within the visits are none of its headings
    return [template for template in templates if not _stands_below(template, titles=titles)]


def _stands_below(template: Template, *, titles: Sequence[int]) -> bool:
    """Whether titles that come again and again stand among its lines: it parts a document, not the file."""
    return stand_among(titles, family=sorted(template.first))


def _shape(line: str, *, start: int, end: int) -> str | None:
    """What stands before a line's date, the date, and whether a time follows; words and numbers masked.

    None for what heads no visit: a label, a line to sign on, a date far within the line.
    """
    before = line[:start].lstrip(" \t\f\u00a0\u202f\u2007")
    if len(before) > DATE_WITHIN or "__" in before or (":" in before and not is_glyph(before[0])):
        return None
    if before and other_day().search(before.strip().casefold()):
        return None
    masked = "".join("g" if is_glyph(sign) else sign for sign in before)
    masked = _NUMBER.sub("9", _WORD.sub("A", masked)) if masked != "g" * len(masked) else masked
    printed = _NUMBER.sub("9", _WORD.sub("a", line[start:end]))
    return f"{' '.join(masked.split())}|{printed}|{bool(_TIME.match(line, end))}"


def _is_template(family: Sequence[int], *, days: Sequence[datetime.date]) -> bool:
    """Whether the lines of a shape are many, on many days, at a distance, and in the order of their `days`."""
    if len(family) < LEAST or len(set(days)) < max(LEAST - 1, OWN_DAYS * len(days)):
        return False
    apart = sum(b - a >= APART for a, b in pairwise(family))
    in_order = any(_go_one_way(days, over=over) for over in {1, max(1, len(days) // ORDERED_OVER)})
    return in_order and apart >= MOSTLY * (len(family) - 1)


def _go_one_way(days: Sequence[datetime.date], *, over: int) -> bool:
    """Whether most days are on one side, before or after, of the day `over` places on."""
    pairs = list(zip(days, days[over:], strict=False))
    onward = sum(a <= b for a, b in pairs)
    return max(onward, sum(a >= b for a, b in pairs)) >= IN_ORDER * len(pairs)


class _Printed:
    """The lines of a file, by position, and how many of all are like a heading's first line in each of the ways."""

    def __init__(self, lines: Sequence[str], *, words: Sequence[int], features: Callable[[int], LineFeatures]) -> None:
        self._lines, self._words, self._features = lines, words, features
        self._counts: dict[Callable[[str, LineFeatures], bool], int] = {}

    def __len__(self) -> int:
        return len(self._words)

    def is_like(self, position: int, *, way: Callable[[str, LineFeatures], bool]) -> bool:
        number = self._words[position]
        return way(self._lines[number - 1], self._features(number))

    def is_under_glyph(self, position: int) -> bool:
        return position > 0 and self.is_like(position - 1, way=_led_by_glyph)

    def is_told(self, position: int) -> bool:
        """Whether the line is running text, holds a label, or has no words."""
        line = self._features(self._words[position])
        return line.prose or line.ruler or bool(line.groups)

    def text_at(self, position: int) -> str:
        return self._features(self._words[position]).folded

    def are_joined(self, first: int, last: int) -> bool:
        """Whether no blank line stands between the lines at these positions, and none of them is text or an end."""
        lines = (self._features(self._words[position]) for position in range(first, last))
        joined = self._words[last] - self._words[first] == last - first
        return joined and not any(line.prose or line.closing for line in lines)

    @cached_property
    def _leads(self) -> Counter[str]:
        return Counter(self.lead(position) for position in range(len(self)))

    def lead(self, position: int) -> str:
        """The word that leads a line; "" if none does."""
        match = _LEAD.match(self._lines[self._words[position] - 1])
        return match[1].casefold() if match else ""

    def count_led(self, lead: str) -> int:
        return self._leads[lead]

    def count(self, *, way: Callable[[str, LineFeatures], bool]) -> int:
        """Counted once for all templates: a file may have as many of them as it has lines."""
        if way not in self._counts:
            self._counts[way] = sum(self.is_like(position, way=way) for position in range(len(self)))
        return self._counts[way]


def _find_heading(family: Sequence[int], *, printed: _Printed) -> Template:
    """The template's headings: the dated lines, or the lines above where those are alike and rare elsewhere."""
    share = min(1.0, len(family) / MANY)
    own = set(family)
    for lines_above in LEADS_ABOVE:
        above = [
            position - lines_above
            for position in family
            if position >= lines_above
            and own.isdisjoint(range(position - lines_above, position))
            and (lines_above == 1 or printed.are_joined(position - lines_above, position))
        ]
        lead, led = Counter(printed.lead(position) for position in above).most_common(1)[0] if above else ("", 0)
        if lead and led >= ALIKE * len(family) and printed.count_led(lead) - led <= RARE_LEAD * led:
            first = {position for position in above if printed.lead(position) == lead}
            further = {position + step for position in first for step in range(1, lines_above + 1)}
            return Template(first=frozenset(first | (own - further)), further=frozenset(further), share=share)
    above = [position - 1 for position in family if position and position - 1 not in own]
    first = _find_alike(above, family=family, printed=printed) | _find_writers(above, printed=printed)
    further = {position + 1 for position in first}
    return Template(first=frozenset(first | (own - further)), further=frozenset(further), share=share)


def _find_alike(above: Sequence[int], *, family: Sequence[int], printed: _Printed) -> set[int]:
    """Of the lines above the dated ones those that are alike in one way, if such lines are rare elsewhere."""
    for way, alike_at_least, others_at_most in _WAYS:
        alike = {position for position in above if printed.is_like(position, way=way)}
        others = printed.count(way=way) - len(alike) - sum(printed.is_like(position, way=way) for position in family)
        elsewhere = len(printed) - len(alike) - len(family)
        if len(alike) >= alike_at_least * len(family) and others <= others_at_most * elsewhere:
            return alike
    return set()


def _find_writers(above: Sequence[int], *, printed: _Printed) -> set[int]:
    """Of the lines above the dated ones those that come again and again: the few people who write a file's notes.

    They head the notes below only where the file begins with one and does not end with one: else they sign those above.
    """
    if 0 not in above:
        return set()
    times = Counter(printed.text_at(position) for position in above)
    again = {text for text, count in times.items() if text and count > 1}
    if printed.text_at(len(printed) - 1) in again:
        return set()
    found = {position for position in above if printed.text_at(position) in again and not printed.is_told(position)}
    return found if len(found) >= ALIKE * len(above) else set()


def _led_by_glyph(line: str, features: LineFeatures) -> bool:
    """Whether the line begins with a sign that no keyboard has."""
    bare = line.strip(" \t\f\u00a0\u202f\u2007")
    return is_glyph(bare[:1]) if bare else False


def _led_by_letter(line: str, features: LineFeatures) -> bool:
    """Whether a letter stands alone before the line's words: what a scan makes of a glyph."""
    return _LONE_LETTER.match(line) is not None


def _is_headed(line: str, features: LineFeatures) -> bool:
    """Whether the line is led by a glyph or may be a title: glyphs are lost here and there."""
    return _led_by_glyph(line, features) or _is_short_title(line, features)


def _is_short_title(line: str, features: LineFeatures) -> bool:
    """Whether the line may be a title over a dated line: a few words, no label, no sentence."""
    bare = strip_glyphs(line).strip()
    if features.prose or features.groups or features.closing or features.heading or features.columns > 2:
        return False
    if is_name(features, printed=bare):
        return False
    return 0 < len(bare) <= LONGEST_ABOVE and bare[0].isupper() and bare[-1] not in ".,;:!"


_WAYS = (
    (_led_by_glyph, ALIKE, RARE),
    (_led_by_letter, ALIKE, RARE),
    (_is_short_title, ALIKE, RARE),
    (_is_headed, ALIKE, RARE),
    (_led_by_glyph, OFTEN, HARDLY),
)
