"""Noise: running headers and footers, fax lines and specks. They are inside documents and say nothing of them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.domain.dates import MONTH_NAMES
from documents.domain.lines import SourceText
from documents.domain.rules import words
from documents.domain.rules.features import LineFeatures
from documents.domain.rules.interrupting import find_interrupting, tell_days
from documents.domain.rules.running import DATED, find_like, mask_numbers, read_page
from documents.domain.rules.unpaged import are_footers, find_unpaged_run

_COUNT_AT_END = re.compile(r"(?<![\d/])(\d{1,3})\s*/\s*(\d{1,3})\W*$")
_HAS_DIGIT = re.compile(r"\d")
_FAX = re.compile(
    r"(?:\bfax\b|\bfrom\s*:|\bvon\s*:|\bde\s*:|\bto\s*:|\d{1,2}:\d{2}|\d{3}[-. ]?\d{4}\b)"
    r".*?\b(?:p(?:g|age|ages|\.)?|seite|s\.|p[áa]gina|p[áa]g\.?)\s*[.:]?\s*\d{1,3}\s*(?:/|of|de|sur|von)\s*\d{1,3}\b",
    re.IGNORECASE,
)
_FAXED = re.compile(  # a machine's day, time, sender, and the number of the page at the end, without that of all pages
    r"^(?=.*\d{1,2}:\d{2})(?=.*(?:\bfax\b|\bfrom\b|\bvon\b|\bde\b|\bto\b)).*\bp(?:g|age|\.)?\s*[.:]?\s*\d{1,3}\W*$"
)
_SENT_OF = re.compile(r"\d{1,2}:\d{2}.*\bfax\b.*(?<![\d/])0\d{1,2}/0?\d{1,2}\W*$")  # ... and that of all pages: 001/003
_SENT = re.compile(
    r"\bfax\b|\b(?:from|to|von|de)\s*:|\d{1,2}:\d{2}"
)  # by a machine; a letterhead has a phone number too
_FAX_PAGE = re.compile(
    r"\b(?:p(?:g|age|ages|\.)?|seite|s\.|p[áa]gina|p[áa]g\.?)\s*[.:]?\s*(\d{1,3})\s*(?:/|of|de|sur|von)\s*(\d{1,3})\b"
)

_SPOILT = re.compile(r"(?<=[\d/])[li|o]|(?<![^\W_])[li|](?=[\d/]| (?:of|de|sur|von|/) ?\d)")

_DATE_ALONE = re.compile(  # "wednesday 9th february 2022", "9.2.2022", "february 9, 2022"
    r"(?:[^\W\d_]{2,10}[.,]? )?(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)? (?:de )?(?:{MONTH_NAMES})\.?,? (?:de )?\d{{4}}"
    rf"|(?:{MONTH_NAMES})\.? \d{{1,2}},? \d{{4}})",
    re.IGNORECASE,
)
LONGEST_DAY = 40  # characters of a line that is a day
FAX_PAGE = 12  # last characters of a fax line in which it names its page
SPECK = 4  # signs of a line of specks at the most
EDGE = 5  # non-blank lines at the top or bottom of a page where running lines may stand
COUNTER_LINE = 160  # characters of a folded line up to which a page counter is looked for
OUTERMOST = 2  # lines at the edge of a page that are compared with each other
LAST = 3  # last lines of a page that tell whether a document ends on it
BEHIND = 4  # lines behind the edge in which a document is named as well
_LEAST_REPEATS = 3
_LEAST_FAXED = 2  # pages with a fax line on top
_LEAST_ON = 2  # edges of pages over which a document goes on, at which a title or a label stands that runs
_LEAST_ON_SHARE = 0.4  # of all its places
_LEAST_SHARE = 0.5  # of the pages of a run
_LEAST_NUMBERS = 0.6  # different numbers for each page of a count of the whole file: it begins anew nowhere


@dataclass(frozen=True, kw_only=True, slots=True)
class PageCounter:
    """A printed page counter."""

    line: int
    number: int
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The noise of a file: its line numbers, and its page counters, but for those of fax machines.

    `pages` is the page of each line: the file's own where it tells pages, else as its running lines tell them.
    """

    lines: frozenset[int]
    counters: tuple[PageCounter, ...]
    pages: tuple[int, ...]
    page_heads: frozenset[int] = frozenset()  # running lines of which interrupting.py knows that pages begin with them
    lone_footers: frozenset[int] = frozenset()  # lines that end a page on which nothing else stands


def find_noise(text: SourceText, *, features: Sequence[LineFeatures]) -> Noise:
    """Running headers and footers, page counters and fax lines of `text`. `features` by line."""
    sent_on = tuple(_find_sent_on(features))
    counters = _merge_counters(tuple(_find_counters(features)), sent_on)
    noise = {counter.line for counter in counters if _says_no_more(features[counter.line - 1].folded)}
    faxed = {number for number, line in enumerate(features, start=1) if _is_fax_line(line.folded)}
    faxed |= {counter.line for counter in sent_on}
    noise |= faxed
    noise |= {number for number, line in enumerate(features, start=1) if _is_speck(line)}
    sent = {counter.line for counter in sent_on}
    sent |= {number for number in faxed if _SENT.search(features[number - 1].folded)}
    kept = tuple(counter for counter in counters if counter.line not in sent)
    pages = text.pages
    if pages and pages[-1] > 1:
        whole = count_of_file(kept, pages=pages)
        of_documents = [counter for counter in kept if counter.total != whole]
        noise |= _find_repeated(text, features=features, counters=of_documents)
    else:
        run = find_unpaged_run(features, counters={counter.line: counter.number for counter in counters})
        noise |= run.lines
        pages = _turn_at(run.turns, pages=pages)
    later = {counter.line for counter in kept if counter.number > 1}
    printed = [number for number, line in enumerate(features, start=1) if not line.blank]
    below = are_footers({counter.line for counter in kept}, printed=printed)
    whole = count_of_file(counters, pages=pages)
    of_file = {counter.line for counter in counters if counter.total == whole} if whole else set()
    noise |= {counter.line for counter in counters if counter.line in of_file and counter.number > 1}
    if of_file & sent:  # a print of the file tells the time as well: what is spoilt of its lines is no other count
        kept = tuple(counter for counter in kept if counter.line not in of_file)
    last = {a.line for a, b in pairwise(kept) if b.number != a.number + 1} if below else set()
    tops = {b for a, b in pairwise(printed) if text.pages[a - 1] != text.pages[b - 1]}
    interrupting = find_interrupting(features, pages=pages, later=later, last=last, tops=tops, of_file=of_file)
    noise |= {number for number in interrupting.lines if features[number - 1].folded}  # a glyph alone runs nowhere
    pages = _turn_at(interrupting.tops, pages=pages)
    pages = _turn_at_fax_lines(pages, lines=faxed, features=features)
    footers = _find_lone_footers(kept, features=features, pages=pages)
    return Noise(
        lines=frozenset(noise), counters=kept, pages=pages, page_heads=interrupting.heads, lone_footers=footers
    )


def _is_speck(line: LineFeatures) -> bool:
    """Whether a scanner's specks are all that the line holds."""
    return 0 < len(line.folded) <= SPECK and not line.ruler and not any(sign.isalnum() for sign in line.folded)


def _turn_at_fax_lines(
    pages: tuple[int, ...], *, lines: Collection[int], features: Sequence[LineFeatures]
) -> tuple[int, ...]:
    """`pages`, with one turning at each fax line too, where a fax machine printed such lines on top of pages.

    Where the file tells no page, the first of them tells it: it stands on top of the file. Two machines' lines below
    each other stand on one page.
    """
    tops = sum(1 for line in lines if line > 1 and pages[line - 2] != pages[line - 1])
    heads_file = len(lines) > 1 and all(features[number - 1].blank for number in range(1, min(lines)))
    if not heads_file and (tops < _LEAST_FAXED or tops < _LEAST_SHARE * len(lines)):
        return pages
    return _turn_at([line for line in lines if line - 1 not in lines], pages=pages)


def _find_lone_footers(
    counters: Sequence[PageCounter], *, features: Sequence[LineFeatures], pages: Sequence[int]
) -> frozenset[int]:
    """Lines with nothing but a later page's number, with only blank lines above on their page: the page is blank."""
    found: set[int] = set()
    whole = count_of_file(counters, pages=pages)
    for counter in counters:
        if counter.number == 1 or counter.total == whole or not _says_no_more(features[counter.line - 1].folded):
            continue
        above = counter.line - 1
        while above and features[above - 1].blank and pages[above - 1] == pages[counter.line - 1]:
            above -= 1
        apart = above < counter.line - 1 or (counter.line < len(features) and features[counter.line].blank)
        if apart and above and pages[above - 1] != pages[counter.line - 1]:
            found.add(counter.line)
    return frozenset(found)


def count_of_file(counters: Sequence[PageCounter], *, pages: Sequence[int]) -> int | None:
    """The number of pages that a fax machine or a print of the whole file counts: on half of the pages or more."""
    printed: dict[int, set[int]] = defaultdict(set)
    numbers: dict[int | None, set[int]] = defaultdict(set)
    for counter in counters:
        if counter.total is not None:
            printed[counter.total].add(pages[counter.line - 1])
            numbers[counter.total].add(counter.number)
    total, seen = max(printed.items(), key=lambda item: (len(item[1]), item[0]), default=(None, set()))
    if len(numbers[total]) < _LEAST_NUMBERS * len(seen):
        return None  # each of several documents counts as many pages
    return total if len(seen) >= _LEAST_REPEATS and 2 * len(seen) >= pages[-1] else None


def _turn_at(lines: Collection[int], *, pages: tuple[int, ...]) -> tuple[int, ...]:
    """`pages`, with one turning at each of `lines` too."""
    if not lines:
        return pages
    turned, more = [], 0
    for number, page in enumerate(pages, start=1):
        more += number in lines and number > 1 and pages[number - 2] == page
        turned.append(page + more)
    return tuple(turned)


def _is_fax_line(line: str) -> bool:
    if len(line) >= 140:
        return False
    if ":" in line and "p" in line[-FAX_PAGE:] and _FAXED.search(line) is not None:
        return True
    if ":" in line and "fax" in line and _SENT_OF.search(line) is not None:
        return True
    if not ("/" in line or " of " in line or " de " in line or " sur " in line or " von " in line):
        return False  # no number of all pages, as is soon told
    return _FAX_PAGE.search(line) is not None and _FAX.search(line) is not None


def _find_counters(features: Sequence[LineFeatures]) -> Iterator[PageCounter]:
    pattern, counts = words.page_counter(), words.count_start()
    for number, line in enumerate(features, start=1):
        folded = line.folded
        if len(folded) > COUNTER_LINE or _HAS_DIGIT.search(folded) is None or counts.search(folded) is None:
            continue
        read = _read_digits(folded)
        match = pattern.search(read) or _FAX_PAGE.search(folded)
        if match is None:
            continue
        found = [int(group) for group in match.groups() if group is not None]
        total = found[1] if len(found) > 1 else None
        if found[0] >= 1 and (total is None or found[0] <= total):
            yield PageCounter(line=number, number=found[0], total=total)


def _find_sent_on(features: Sequence[LineFeatures]) -> Iterator[PageCounter]:
    """Lines of a fax machine that names no page: day or time, sender, and at the end "2/13", which counts on.

    The same but for their numbers, with one total. A lone one may be anything.
    """
    forms: dict[tuple[str, int], list[PageCounter]] = defaultdict(list)
    for number, line in enumerate(features, start=1):
        if len(line.folded) > COUNTER_LINE or line.prose or "/" not in line.folded[-FAX_PAGE:]:
            continue
        match = _COUNT_AT_END.search(line.folded)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            continue
        form = mask_numbers(line.folded)
        if DATED in form:
            forms[form, int(match[2])].append(PageCounter(line=number, number=int(match[1]), total=int(match[2])))
    for counters in forms.values():
        onward = sum(after.number - before.number == 1 for before, after in pairwise(counters))
        if len(counters) >= _LEAST_REPEATS and onward >= _LEAST_SHARE * (len(counters) - 1):
            yield from counters


def _merge_counters(counters: Sequence[PageCounter], others: Sequence[PageCounter]) -> tuple[PageCounter, ...]:
    """All of them, one a line, by line."""
    found = {counter.line: counter for counter in (*others, *counters)}
    return tuple(found[line] for line in sorted(found))


def _read_digits(line: str) -> str:
    """A folded line with the letters that a scan takes for digits beside digits read as those: "page 1l of l2"."""
    if not _SPOILT.search(line):
        return line
    return _SPOILT.sub(lambda match: "0" if match[0] == "o" else "1", line)


def _says_no_more(line: str) -> bool:
    """Whether a folded line holds a page counter and no word besides: "LABORATORY REPORT   Page 1 of 2" is a title."""
    return not any(sign.isalpha() for sign in mask_numbers(line))


def _find_repeated(text: SourceText, *, features: Sequence[LineFeatures], counters: Sequence[PageCounter]) -> set[int]:
    """Lines that stand, but for their numbers, at the same edge of most pages of a run of pages.

    A letterhead on top of each document of one page is no running header, and a signature below it no footer: a line
    runs if it stands where a document goes on over the page's edge as well, and does not print each document's own day.
    """
    edges = list(_edges(text, features=features))
    forms = {line: mask_numbers(features[line - 1].folded) for _, top, bottom in edges for line in (*top, *bottom)}
    marks = _find_marks(edges, text=text, features=features, counters=counters)
    found: set[int] = set()
    for edge in ("top", "top", "bottom"):  # what is known to run on top tells no beginning any more
        places: dict[str, list[_Place]] = defaultdict(list)
        for index, (page, top, bottom) in enumerate(edges):
            following = edges[index + 1][0] if index + 1 < len(edges) else None
            for line in top if edge == "top" else bottom:
                form = forms[line]
                on = not (marks[page] - {form}) if edge == "top" else following is not None and not marks[following]
                if edge == "top" and _is_of_form(features[line - 1]):
                    on = on and index > 0 and _breaks_off(edges[index - 1][2], text=text, features=features)
                places[form].append(_Place(page=index, line=line, goes_on=on))
        told = {
            form
            for form, stood in places.items()
            if tell_days([place.line for place in stood], features=features)
            or (edge == "top" and _dates_documents([place.line for place in stood], features=features))
        }
        known = {
            form
            for form, stood in places.items()
            if _counts_all_pages(stood, features=features)
            or _is_of_print(stood, features=features, pages=len(edges))
            or (_is_running(stood, features=features) and form not in told)
        }
        found.update(place.line for form in known for place in places[form])
        rest = {place.line: place.page for form, stood in places.items() if form not in known for place in stood}
        lines = {line: forms[line] for line in rest if not _is_of_form(features[line - 1]) and forms[line] not in told}
        outermost = {
            line for _, top, bottom in edges for line in (top[:OUTERMOST] if edge == "top" else bottom[-OUTERMOST:])
        }
        going = {place.line for stood in places.values() for place in stood if place.goes_on} & outermost
        found |= find_like(lines, known=sorted(known), pages=rest, among=going)
        marks = {page: its - known for page, its in marks.items()}
    return found


def _dates_documents(places: Sequence[int], *, features: Sequence[LineFeatures]) -> bool:
    """Whether a day stands by itself directly below most of the lines, mostly another one: they are letterheads."""
    days = set[str]()
    dated = 0
    for place in places:
        below = features[place].folded if place < len(features) else ""
        if len(below) <= LONGEST_DAY and _DATE_ALONE.fullmatch(below):
            dated += 1
            days.add(below)
    return dated >= _LEAST_REPEATS and 2 * dated > len(places) and 2 * len(days) > dated


def _breaks_off(bottom: Sequence[int], *, text: SourceText, features: Sequence[LineFeatures]) -> bool:
    """Whether what stands at the bottom of a page may go on over its edge: nothing there closes, labels or ends."""
    last = [line for line in bottom if not features[line - 1].ruler][-LAST:]
    if not last or any(features[line - 1].closing or features[line - 1].groups for line in last):
        return False
    return not text.lines[last[-1] - 1].rstrip().endswith((".", "!", "?"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """A line at the edge of a page; `goes_on`: whether a document seems to go on over that edge."""

    page: int  # index among the pages with words
    line: int
    goes_on: bool


def _counts_all_pages(stood: Sequence[_Place], *, features: Sequence[LineFeatures]) -> bool:
    """Whether the lines print a number that grows with each page of the file: no document's own pages do."""
    if len(stood) <= _LEAST_REPEATS:
        return False
    last = 0
    for place in stood:
        number = read_page(features[place.line - 1].folded)
        if number is None or (place is not stood[0] and number <= last):
            return False
        last = number
    return True


def _is_of_print(stood: Sequence[_Place], *, features: Sequence[LineFeatures], pages: int) -> bool:
    """Whether the lines print one and the same day on most pages: that of the print, when no document was written."""
    printed = {features[place.line - 1].folded for place in stood}
    often = len(stood) > _LEAST_REPEATS and len(stood) >= _LEAST_NUMBERS * pages
    return often and len(printed) == 1 and DATED in mask_numbers(printed.pop())


def _is_running(stood: Sequence[_Place], *, features: Sequence[LineFeatures]) -> bool:
    pages = sorted({place.page for place in stood})
    if len(pages) < _LEAST_REPEATS or not _runs_on(pages):
        return False
    on = sum(place.goes_on for place in stood)
    if _is_of_form(features[stood[0].line - 1]):
        return on >= _LEAST_ON and on >= _LEAST_ON_SHARE * len(stood)
    return on >= 1 and on >= _LEAST_ON_SHARE / 2 * len(stood)


def _is_of_form(line: LineFeatures) -> bool:
    return line.title_noun or bool(line.groups) or line.email_key is not None or line.closing or line.prose


def _find_marks(
    edges: Sequence[tuple[int, list[int], list[int]]],
    *,
    text: SourceText,
    features: Sequence[LineFeatures],
    counters: Sequence[PageCounter],
) -> dict[int, set[str]]:
    """For each page what tells that a document begins on it: the forms of first lines that name or label one.

    A counter decides where it counts on from the page before: then nothing tells it.
    """
    counted = {(text.pages[counter.line - 1], counter.number, counter.total) for counter in counters}
    goes_on = {
        page
        for page, number, total in counted
        if number > 1 and total is not None and (page - 1, number - 1, total) in counted
    }
    return {
        page: set()
        if page in goes_on and not any(features[line - 1].closing for line in top)
        else {
            mask_numbers(features[line - 1].folded)
            for line in _widen(top, features=features)
            if features[line - 1].title_noun or features[line - 1].groups or features[line - 1].email_key
        }
        for page, top, _ in edges
    }


def _widen(top: Sequence[int], *, features: Sequence[LineFeatures]) -> Iterator[int]:
    """The first lines of a page, and the few behind them that a letterhead may have pushed down."""
    yield from top
    behind = (number for number in range(top[-1] + 1, min(len(features), top[-1] + BEHIND) + 1))
    yield from (number for number in behind if not features[number - 1].blank)


def _runs_on(indexes: Sequence[int]) -> bool:
    """Whether the pages follow each other so closely that the line is a running one."""
    span = indexes[-1] - indexes[0] + 1
    neighbours = sum(1 for a, b in pairwise(indexes) if b == a + 1)
    return len(indexes) / span >= _LEAST_SHARE or neighbours >= max(2, len(indexes) // 2)


def _edges(text: SourceText, *, features: Sequence[LineFeatures]) -> Iterator[tuple[int, list[int], list[int]]]:
    """Each page with words, with its first and its last non-blank lines (numbers), none in both."""
    by_page: dict[int, list[int]] = defaultdict(list)
    for number, page in enumerate(text.pages, start=1):
        if not features[number - 1].blank:
            by_page[page].append(number)
    if len(by_page) < _LEAST_REPEATS:
        return
    for page, numbers in sorted(by_page.items()):
        cut = min(EDGE, (len(numbers) + 1) // 2)
        yield page, numbers[:cut], numbers[max(cut, len(numbers) - EDGE) :]
