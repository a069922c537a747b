"""How much of a drug is given, how and how often: the pieces of a line behind its name, and where they end.

Strength, form, dose, route, frequency and duration are pieces. What stands between them is read along where it is
short; another drug, another column or a sentence that goes elsewhere ends them.
"""

import re
from collections.abc import Iterator

from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.words import words as load_words

FARTHEST = 40  # characters between a drug and the first word of its strength, dose or frequency
MOST_BETWEEN = 3  # plain words there: with more of them the line tells of something else
LONGEST_SIG = 200  # characters behind a drug that are read
LONGEST_NOTE = 60  # characters in brackets that are read along


def _of(kind: str) -> str:
    return words.any_of(load_words(kind, table="medication"))


_NUMBER = r"(?:\d{1,4}(?:[.,]\d{1,4})?|[.,]\d{1,3})"
_AMOUNT = (
    rf"(?:{_NUMBER}(?:\s?(?:[-–]|to|a|à|bis|or|o|ou|oder)\s?\d{{1,3}}(?:[.,]\d+)?)?|\d\s\d/\d|\d/\d|[½¼¾]"
    r"|one half|one|two|half|un|una|une|ein|eine|medio|media|demi|halbe)"
)
_MASS = r"(?:mg|mcg|[µμ]g|ug|g|ml|iu|ui|ie|meq|units?|unidades|%)"
_HOURLY = r"(?<=[^\W\d_])\s?/\s?\d{1,2}\s?h(?:oras|rs)?(?!\w)"  # "6 mg/24 h", as it is written in Spain
STRENGTH = re.compile(
    rf"(?<![\w.,/])(?:\d{{1,5}}(?:[.,]\d{{1,4}})?|[.,]\d{{1,4}})(?:[-–]\d{{1,4}}(?:[.,]\d{{1,4}})?)?(?:\s?/\s?\d{{1,4}}(?:[.,]\d+)?)?\s?{_MASS}"
    r"(?:\s?/\s?(?:\d{0,3}(?:[.,]\d)?\s?)?(?:ml|g|tab|tablet|kg|lb|cp|comp)(?!\w))?(?:\s?/\s?(?:h|hr|min|day|d|tag|día|j)(?!\w))?(?!\w)",
    re.IGNORECASE,
)
FORM = re.compile(rf"(?<!\w){_of('forms')}(?!\w)", re.IGNORECASE)
DOSE = re.compile(
    rf"(?<![\w.,/]){_AMOUNT}\s?(?:\([½¼¾\d/.,]+\)\s?)?{_of('dose_words')}(?!\w|\s?/(?!\s?\d{{1,2}}\s?h))", re.IGNORECASE
)
ROUTE = re.compile(
    rf"(?<!\w)(?!as (?:needed|directed|required|before|above|per)\b){_of('routes')}(?!\w)", re.IGNORECASE
)
_PERIOD = _of("periods")
_SPAN = r"\d{1,2}(?:\s?(?:[-–]|to|a|à|bis)\s?\d{1,2})?"
_TIMES = r"\d\s?x\s?(?:tgl\b\.?|täglich|daily|/\s?d(?:ay)?|/\s?tag|al día|par jour|/\s?j(?:our)?)(?!\w)"
FREQUENCY = re.compile(
    rf"(?<!\w)(?:(?:{_of('every')}|q\.?)\s?{_SPAN}\s?{_PERIOD}(?!\w)|{_of('frequencies')}(?!\w)|{_TIMES})|{_HOURLY}",
    re.IGNORECASE,
)
DURATION = re.compile(
    rf"(?<!\w)(?:(?:{_of('for_a_while')}\s?\d{{1,3}}(?:\s?[-–]\s?\d{{1,3}})?\s?{_PERIOD}(?!\w))|{_of('long_lasting')}(?!\w))",
    re.IGNORECASE,
)
# Said of how it is given, and no part of its own: "with food", "meat withdrawal 4 days".
_MANNER = re.compile(rf"(?<!\w){_of('manners')}(?:\s\d{{1,3}}\s?{_PERIOD})?(?!\w)", re.IGNORECASE)
_BARE_DURATION = re.compile(rf",?\s{{0,2}}\d{{1,3}}(?:\s?[-–]\s?\d{{1,3}})?\s?{_PERIOD}(?:\smás)?(?!\w)", re.IGNORECASE)
_PIECES = (STRENGTH, DOSE, FREQUENCY, FORM, ROUTE, DURATION, _MANNER)
_BY_WEIGHT = re.compile(r"/\s?(?:\d{1,3}\s?)?(?:kg|lb)(?:\s?/\s?\w+)?$|/\s?(?:h|hr|min)$", re.IGNORECASE)
_FURTHER = (("route", ROUTE), ("frequency", FREQUENCY), ("duration", DURATION))
SENTENCE_END = re.compile(r"(?<!\b[A-Za-z])(?<!\btab)(?<!\bcap)(?<!tbl)(?<!tgl)(?<!comp)\.\s+(?=[A-ZÀ-Ý])|;\s")
VOLUME = re.compile(r"[\d.,]+\s?(?:ml|units?|unidades|g)", re.IGNORECASE)
_NEXT_DRUG = re.compile(
    r"(?:,|\+|\band|\by|\bet|\bund)\s+(?:and\s+)?[^\W\d_][\w-]{3,}\s+\d[\d.,]*\s?(?:mg|mcg|[µμ]g|iu|g)(?!\w)"
    r"|\+\s+[^\W\d_]{3,}"
    r"|(?-i:[,+]\s+(?P<item>[A-ZÀ-Ý][\w-]{3,})\s+\d)|\s[@|]|\s->",
    re.IGNORECASE,
)
_COLUMN = re.compile(rf"\s{{2,}}(?=[^\W\d_])(?![^\s:]+:)(?!(?i:{_of('begin')})\b)")
_ANOTHER = re.compile(r"\s(?:and|with|including|then|y|con|luego|et|avec|puis|und|mit|dann)\s|/\d")
_PLAIN_WORD = re.compile(r"[^\W\d_]{2,}")
_GOES_ELSEWHERE = re.compile(r"\.\s+(?=[a-zà-ÿ])")
_TAIL = re.compile(r"(?: (?!(?:give|start|continue|recheck)\b)[^\s.,;:/|()\[\]+-]+){1,6}(?=\s?[.,;]|\s/|\s*$|\s{2})")
_AHEAD_OF_TIME = load_words("every", table="medication") | load_words("for_a_while", table="medication")
_THEN = frozenset({"then", "y", "and", "luego", "después", "puis", "et", "dann", "und", "danach"})


def end_of_sig(line: str, *, start: int, limit: int, is_headed: bool) -> int | None:
    """The place behind the last word of what is said of a drug, from `start` to `limit`; None where nothing is.

    A frequency alone is enough where the drug heads its line or cell, not within a sentence.
    """
    end = _limit_of(line, start, min(limit, start + LONGEST_SIG))
    pieces = sorted((match for pattern in _PIECES for match in pattern.finditer(line, start, end)), key=_place)
    wanted = (STRENGTH, DOSE, FREQUENCY) if is_headed else (STRENGTH, DOSE)
    first = next((piece for piece in pieces if piece.re in wanted), None)
    if first is None or not _is_near(line, start, first.start()):
        return None
    last = _run_along(line, pieces)
    if first.end() > last:
        return None
    strength = STRENGTH.search(line, start, last)
    if strength is not None and strength[0].endswith("%") and strength.end() == last:
        return None  # a solution, and nothing of what is done with it
    return _close_brackets(line, start, _end_of_words(line, pieces, last, end))


def _place(piece: re.Match[str]) -> tuple[int, int]:
    return piece.start(), -piece.end()


def _limit_of(line: str, start: int, limit: int) -> int:
    """Where a sentence ends or another drug begins, whichever is first."""
    found = [match.start() for match in (SENTENCE_END.search(line, start, limit),) if match]
    for match in _NEXT_DRUG.finditer(line, start, limit):
        item = match["item"]
        if item is None or not (FORM.fullmatch(item) or item.casefold() in _THEN):
            found.append(match.start())
            break
    return min(found, default=limit)


def _is_near(line: str, start: int, first: int) -> bool:
    """Whether a piece stands so near behind a drug that it is said of it."""
    between = line[start:first]
    return (
        len(between) <= FARTHEST
        and _ANOTHER.search(line, start, first) is None
        and len(_PLAIN_WORD.findall(re.sub(r"\([^)]*\)", "", between))) <= MOST_BETWEEN
    )


def _run_along(line: str, pieces: list[re.Match[str]]) -> int:
    """The end of the pieces, up to another column, or where a sentence goes elsewhere: "30 ml/h. bp low once"."""
    end, frequencies = pieces[0].end(), int(pieces[0].re is FREQUENCY)
    for piece in pieces[1:]:
        point = _GOES_ELSEWHERE.search(line, end - 1, piece.start() + 1)
        column = _COLUMN.search(line, end, piece.start() + 1)
        if point is not None and (point.end() != piece.start() or piece.re is FORM):
            break
        if (column is not None and column.end() != piece.start()) or _is_of_another(line, end, piece, frequencies):
            break
        frequencies += piece.re is FREQUENCY
        end = max(end, piece.end())
    return end


def _is_of_another(line: str, end: int, piece: re.Match[str], frequencies: int) -> bool:
    """Whether a second frequency is behind a comma and a name: "every 6 h, serum every 4 h"; not behind "then"."""
    if piece.re is not FREQUENCY or not frequencies or "," not in line[end : piece.start()]:
        return False
    between = {word.casefold() for word in _PLAIN_WORD.findall(line, end, piece.start())}
    return bool(between) and _THEN.isdisjoint(between)


def _end_of_words(line: str, pieces: list[re.Match[str]], start: int, limit: int) -> int:
    """The end of the few words that go on with directions: "every 8 hours [if in pain]", "matin et soir[, 7 jours]"."""
    bare = _BARE_DURATION.match(line, start, limit)
    lasts = bare is not None or any(piece.end() == start and piece.re is DURATION for piece in pieces)
    start = bare.end() if bare is not None else start
    tail = _TAIL.match(line, start, limit)
    if tail is None or (tail[0][1].isupper() and not line[:start].isupper()):
        return start
    said = tail[0].lower().split()
    if (
        (lasts and said[0] not in _THEN)
        or not words.VERBS.isdisjoint(said)
        or (len(said[-1]) == 1 and said[-1].isalpha())
    ):
        return start
    bare = _BARE_DURATION.match(line, tail.end(), limit)
    return bare.end() if bare is not None else tail.end()


def _close_brackets(line: str, start: int, end: int) -> int | None:
    """The end with a bracket closed that says how much or how often, else ahead of it: "10 mg (2 ml)"."""
    opened = line.rfind("(", start, end)
    if opened < 0 or ")" in line[opened:end]:
        return end
    closed = line.find(")", end, opened + LONGEST_NOTE)
    if closed >= 0 and any(p.search(line, opened, closed) for p in (STRENGTH, DOSE, FREQUENCY)):
        return closed + 1
    said = line[start:opened]
    return start + len(said.rstrip()) if any(p.search(said) for p in (STRENGTH, DOSE, FREQUENCY)) else None


def read_sig(text: str, start: int) -> Iterator[tuple[str, str]]:
    """The parts behind a drug that ends at `start`. Directions stand behind the dose, else behind strength or form."""
    strength, form = STRENGTH.search(text, start), FORM.search(text, start)
    given = [ROUTE.search(text, start), FREQUENCY.search(text, start)]
    if strength is not None and _BY_WEIGHT.search(strength[0]):
        dose: re.Match[str] | None = strength
    else:
        dose = _find_dose(text, start, strength)
        if (
            dose is None
            and strength is not None
            and VOLUME.fullmatch(strength[0])
            and (any(given) or FORM.search(text) is None)
        ):
            dose = strength  # "Convenia 0.4 ml sc": no package is named
        elif strength is not None:
            yield "strength", strength[0]
    if dose is not None:
        yield "dose", _without_size(dose[0])
    further = (("form", form), *((part, pattern.search(text, start)) for part, pattern in _FURTHER))
    for part, match in further:
        if match is not None:
            yield part, match[0].strip()
    behind = dose or max(filter(None, (strength, form)), key=lambda match: match.end(), default=None)
    place = behind.end() if behind else start
    if any(pattern.search(text, place) for pattern in (ROUTE, FREQUENCY, DURATION)):
        yield "directions", _trim(text[place:])


def _find_dose(text: str, start: int, strength: re.Match[str] | None) -> re.Match[str] | None:
    """The last amount ahead of how and how often it is given, for a package's size may stand ahead of it."""
    amounts = [match for match in DOSE.finditer(text, start) if strength is None or match.start() >= strength.end()]
    sig = [match.start() for pattern in (ROUTE, FREQUENCY) for match in pattern.finditer(text, start)]
    first = min((place for place in sig if not amounts or place >= amounts[0].end()), default=len(text))
    ahead = [match for match in amounts if match.start() < first]
    if first == len(text):  # nothing says how it is given: an amount may be a package's
        ahead = [match for match in ahead if not VOLUME.fullmatch(match[0])]
    return ahead[-1] if ahead else None


_SIZE_AHEAD = re.compile(r"(\d+(?:[.,]\d+)?)\s[-–]\s(?=(\d+(?:[.,]\d+)?))")


def _without_size(dose: str) -> str:
    """Of "110 - 2 puffs" the two puffs: no range falls."""
    size = _SIZE_AHEAD.match(dose)
    if size is None or float(size[1].replace(",", ".")) < float(size[2].replace(",", ".")):
        return dose
    return dose[size.end() :]


_NOTE_AHEAD = re.compile(r"^\s*(?:\([^)]*\)|[^(]*\))\s*")


def _trim(directions: str) -> str:
    """Directions without the marks around them; a point stays that makes a number of what is behind it."""
    plain = _NOTE_AHEAD.sub("", directions) if directions[:2].strip()[:1] == "(" else directions
    plain = plain.lstrip(" ,;:)-–+|").rstrip(" .,;:/-–+|(")
    plain = plain if re.match(r"\.\d", plain) else plain.lstrip(" .,;:)-")
    return plain if plain.count("(") == plain.count(")") else plain.strip("()")


def dangles(raw: str) -> bool:
    """Whether the last word of directions cannot be their end: "every", "bei", "for 7"."""
    last = raw.rsplit(None, 1)[-1].casefold().strip(".,")
    if ROUTE.fullmatch(last):
        return False
    return last.isdigit() or last in words.GO_ON or last in _AHEAD_OF_TIME
