"""Lines on which somebody signs a form or a letter and prints the day: "Millbrook, 8 June 2011      R. Fenwick"."""

import re

from documents.domain.rules.sheet import Sheet

LONGEST = 90  # characters of such a line
MOST_NAMED = 6  # words of who signs
_PLACE = re.compile(r"(?:[^\W\d_][\w.' -]{1,30},\s*(?:le |den |a |am )?)?", re.IGNORECASE)
_APART = re.compile(r"\s{2,}|\t")
_PARTICLES = frozenset(
    {"de", "del", "der", "di", "du", "el", "für", "la", "las", "le", "les", "los", "of", "the", "van", "vom", "von"}
)


def is_signed_day(sheet: Sheet, position: int) -> bool:
    """Whether the line at `position` in `sheet.words` holds a day, at most a place before it, and who signs behind it.

    No text is written below: a visit's heading with its day and its vet has it there.
    """
    number = sheet.words[position]
    line, printed = sheet.at(number), sheet.text.lines[number - 1].rstrip()
    dates = sheet.dates(number)
    if len(dates) != 1 or len(printed) > LONGEST or line.groups or line.title_noun or line.letterhead or line.prose:
        return False
    start, end, _ = dates[0]
    behind = printed[end:]
    if _PLACE.fullmatch(printed[:start].lstrip()) is None or _APART.match(behind) is None or not _is_named(behind):
        return False
    below = sheet.following(position, most=1)
    if not below:
        return True
    under = sheet.at(below[0])
    if below[0] - number > 1:
        return not under.prose
    return under.title_noun or under.letterhead or under.ruler or bool(sheet.dates(below[0]))


def _is_named(behind: str) -> bool:
    found = behind.split()
    if len(_APART.split(behind.strip())) > 1:
        return False
    if not 1 <= len(found) <= MOST_NAMED or any(map(str.isdigit, behind)):
        return False
    return all(word[0].isupper() or word in _PARTICLES for word in (each.strip(".,:()") for each in found) if word)
