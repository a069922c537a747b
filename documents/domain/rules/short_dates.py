"""Dates such as "3.4.19" that begin lines. Taken alone they may number a section; a file full of them is dated."""

import datetime
import re
from collections.abc import Sequence

LEAST = 4  # lines that begin so
_SHORT = re.compile(r"\s{0,3}(\d{1,2})\.(\d{1,2})\.(\d\d)(?=[\s:,;]|$)")
_MOST_MONTHS, _CENTURY = 12, 2000


def read_short_date(line: str) -> tuple[int, int, datetime.date] | None:
    """A dotted date with a short year at the beginning of a line: start, end and value within the line."""
    match = _SHORT.match(line)
    if match is None:
        return None
    try:
        value = datetime.date(_CENTURY + int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return match.start(1), match.end(3), value


def has_short_dates(lines: Sequence[str]) -> bool:
    """Whether the lines that begin like such a date are dates: several, all possible, one of a day that is no month."""
    matches = [match for line in lines if line[:1].isdigit() and (match := _SHORT.match(line))]
    if len(matches) < LEAST or not any(int(match[1]) > _MOST_MONTHS for match in matches):
        return False
    return all(read_short_date(match.string) is not None for match in matches)
