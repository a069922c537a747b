"""What stands around a line: the break before it, the header block behind it, the letterhead or signature about it."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from documents.domain.rules import words
from documents.domain.rules.breaks import Break
from documents.domain.rules.features import LineFeatures, form_of, is_name
from documents.domain.rules.notes import ends_with_amount
from documents.domain.rules.sheet import STREET, Sheet

NUMBER_REACH = 2  # lines above a title, behind a page break or blank lines, that belong to it: a number, a motto
OFTEN_HEADED = 3  # papers of a file with one letterhead, from which it needs no break before it
LETTERHEAD_LINES = 4  # of a letterhead that stands by itself above a title
SENTENCE = 4  # words with a small letter first, from which a line is one and no practice's name
UNDERLINES = "_."  # rulers that somebody signs or fills in above
LETTER_LINES = 8  # lines above the date of a letter that may hold its letterhead and who it goes to
SENDER_LINES = 5  # of the name, the address and the telephones of who writes a letter
TITLES_ABOVE = 2  # lines above a dated one that may be its title and a letterhead
SIGNATURE_LINES = 3  # lines below a greeting that sign
_SENTENCE_ENDS = re.compile(r"[a-zà-ÿ]{3}[.!?]\s")  # within a line
_FIELD = re.compile(r"[(\[] ?[xX]? ?[)\]]|__")  # of a form, to be ticked or filled in
_VALUE = re.compile(r"(?:\s{2,}|\t)[<>]?\d+(?:[.,]\d+)?(?=\s{2,}|\t|$)")  # a number in a column of its own
TOP_LINES = 5  # lines on top of a printed page that may head the document that begins below them
TOP_LABELS = 2  # of them, those that tell whose it is


def local_edge(sheet: Sheet, position: int) -> float:
    """How much a line looks like a beginning, by itself and the line before it: nothing farther away changes it."""
    number = sheet.words[position]
    line = sheet.at(number)
    edge = line.title + (2.0 if line.title_noun else 0.0) + (1.5 if line.email_key == "from" else 0.0)
    if position:
        before = sheet.words[position - 1]
        edge += min(3, number - before - 1)
        edge += 2.0 if sheet.noise.pages[number - 1] != sheet.noise.pages[before - 1] else 0.0
    return edge


def read_header_block(sheet: Sheet, following: Sequence[int], *, dated: bool = False) -> set[str]:
    """The groups of labels that stand behind a title, "date" among them. `dated`: one is already there.

    Empty if only breed, weight and their like are there: they stand in many a section.
    """
    groups: set[str] = {"date"} if dated else set()
    for number in following:
        line = sheet.at(number)
        if line.prose or (groups and line.title > 0 and not line.groups):
            break  # the body, or a heading within it
        groups |= line.groups
        if line.email_key is not None:
            groups.add(f"email {line.email_key}")
        if "date" not in groups and sheet.dates(number) and len(line.folded) <= 60:
            groups.add("date")
    if groups == {"kind"}:  # a weight or a breed stands in many a section
        return set()
    return groups


def is_signature(sheet: Sheet, position: int) -> bool:
    """Whether the line stands among the few that follow a greeting: names and practices sign there.

    A blank line may stand directly below the greeting only. Nothing that opens other documents of the file signs one.
    """
    number = sheet.words[position]
    line = sheet.at(number)
    if line.title_noun and not line.letterhead and (not line.weak_noun or line.columns > 1):
        return False  # it names a document
    if position and sheet.at(sheet.words[position - 1]).signed and number - sheet.words[position - 1] == 1:
        return not sheet.at(sheet.words[position - 1]).title_noun
    if sheet.openings.get(form_of(sheet.at(number)), 0.0) > 0:
        return False
    for step in range(1, SIGNATURE_LINES + 1):
        if position - step < 0:
            return False
        below, above = sheet.words[position - step + 1], sheet.words[position - step]
        line = sheet.at(above)
        if words.greeting().search(line.folded):
            return below - above <= 3
        if below - above > 1 or line.prose:
            return False
    return False


def find_first_heading(sheet: Sheet, number: int, *, heads: Callable[[int], bool]) -> int:
    """Where an opening heading was taken: the title or the earlier opening heading that stands just above it."""
    heading = sheet.at(number).heading
    if heading is None or heading.stage != words.OPENING:
        return number
    position = bisect_left(sheet.words, number)
    for step in range(1, 6):
        if position - step < 1:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        if line.closing or (line.heading is not None and line.heading.stage != words.OPENING):
            break
        if line.heading is not None:
            return above
        if step == 1 and ((line.title > 0 and line.capitals) or heads(position - step)):
            return above
    return number


def find_letterhead(sheet: Sheet, number: int, *, breaks: Callable[[int], Break]) -> int:
    """The first line of what stands directly above line `number` and belongs to it: letterhead, page's top, rulers."""
    position = bisect_left(sheet.words, number)
    best, headed = number, False
    for step in range(1, 8):
        if position - step < 0:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        if sheet.words[position - step + 1] - above > 2 or not _may_head(line):
            break
        if sheet.noise.pages[above - 1] != sheet.noise.pages[number - 1] or line.quoted:
            break
        if words.blank_page().search(line.folded):
            break
        if not line.ruler and (is_signature(sheet, position - step) or _is_under_name(sheet, position - step)):
            break
        headed = headed or (line.letterhead and line.head in sheet.heads)
        again = line.letterhead and sheet.heads[line.head] >= OFTEN_HEADED
        before = breaks(position - step) if position - step else None
        near = step <= NUMBER_REACH and before is not None and (before.blanks > 1 or before.page) and not before.goes_on
        if near or (headed and (before is None or again or before.parts)):
            best = above
            break
    if best == number and sheet.at(number).title_noun:
        best = _find_heading_paragraph(sheet, number)
    return _take_rulers(sheet, best)


def find_letter_top(sheet: Sheet, number: int) -> int:
    """The first line of what stands above the date of a letter at line `number`: its letterhead and who it goes to.

    That is what its page holds above, where it is little; else the lines directly above from a letterhead on.
    """
    position = bisect_left(sheet.words, number)
    best = number
    for step in range(1, LETTER_LINES + 1):
        if position - step < 0:
            break
        above, below = sheet.words[position - step], sheet.words[position - step + 1]
        line = sheet.at(above)
        turned = sheet.noise.pages[above - 1] != sheet.noise.pages[below - 1]
        if turned:
            return below if _is_printed_page(sheet, number) else best
        if line.prose or line.groups or line.heading or line.ruler or line.quoted or line.lower:
            break
        again = line.letterhead and sheet.heads[line.head] >= OFTEN_HEADED
        if line.columns > 2 and not again:
            break
        if sheet.text.lines[above - 1].rstrip().endswith((".", "!", "?", ":")):
            break
        if line.letterhead and (again or (below - above == 1 and not is_signature(sheet, position - step))):
            best = above
    return min(best, _find_sender(sheet, number))


def _find_sender(sheet: Sheet, number: int) -> int:
    """The name that begins a private letter: a street or telephone stands between it and the date at line `number`.

    The line itself where none stands there, or where the name signs the text above.
    """
    position = bisect_left(sheet.words, number)
    for step in range(1, SENDER_LINES + 1):
        if position - step < 0:
            break
        above, below = sheet.words[position - step], sheet.words[position - step + 1]
        if below - above > (2 if step == 1 else 1) or sheet.noise.pages[above - 1] != sheet.noise.pages[number - 1]:
            break
        line = sheet.at(above)
        if line.contact or STREET.match(line.folded):
            continue
        before = sheet.at(sheet.words[position - step - 1]).folded if position - step else ""
        named = step > 1 and is_name(line, printed=sheet.text.lines[above - 1].strip())
        return above if named and not words.greeting().search(before) else number
    return number


def find_title_of_labels(sheet: Sheet, number: int) -> int:
    """The title or letterhead directly above a block of labels at line `number`; the line itself without one."""
    position = bisect_left(sheet.words, number)
    best = number
    for step in range(1, TITLES_ABOVE + 1):
        if position - step < 0:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        if best - above > 1 or line.title <= 0 or line.closing or line.quoted or above in sheet.visits:
            break
        if sheet.noise.pages[above - 1] != sheet.noise.pages[number - 1] or is_signature(sheet, position - step):
            break
        if is_name(line, printed=sheet.text.lines[above - 1].strip()) or _is_under_name(sheet, position - step):
            break
        best = above
    return best


def find_printed_top(sheet: Sheet, number: int) -> int:
    """The first line of the printed page on which only a letterhead stands above line `number`, else `number`.

    What is printed on top of a page heads what begins below it, unless text goes on over the page's edge.
    """
    if not _is_printed_page(sheet, number):
        return number
    position = bisect_left(sheet.words, number)
    page = sheet.noise.pages[number - 1]
    labels, best, headed, signs = 0, number, False, False
    for step in range(1, TOP_LINES + 2):
        if position - step < 0:
            return number
        above = sheet.words[position - step]
        if sheet.noise.pages[above - 1] != page:
            break
        line = sheet.at(above)
        labels += bool(line.groups)
        if step > TOP_LINES or labels > TOP_LABELS or not _tops_page(sheet, above):
            return number
        best = above
        signs = signs or line.closing
        headed = headed or line.title > 0 or line.contact or line.columns > 1 or sheet.tops_pages(above)
    first = sheet.at(best)
    place = bisect_left(sheet.words, best)
    headed = headed or (place > 0 and best - sheet.words[place - 1] > 2)  # a blank page parts it
    if not headed or first.lower or first.ruler or page in sheet.pages.goes_on:
        return number
    signs = signs or is_name(first, printed=sheet.text.lines[best - 1].strip())
    return number if signs and not (first.letterhead or sheet.tops_pages(best)) else best


def _tops_page(sheet: Sheet, number: int) -> bool:
    """Whether the line may stand on top of a page, above the title of the document that begins there."""
    line = sheet.at(number)
    if line.prose or line.heading or line.quoted or line.email_key or number in sheet.visits:
        return False
    if ends_with_amount(sheet.text.lines[number - 1]):
        return False
    if line.groups and not line.groups & {"patient", "owner"} and not line.contact:
        return False
    if line.ruler:
        return line.folded[:1] not in UNDERLINES
    printed = sheet.text.lines[number - 1].rstrip()
    if _FIELD.search(printed) or not any(map(str.isalpha, printed)) or (line.title <= 0 and _VALUE.search(printed)):
        return False
    return line.contact or not (printed.endswith((".", "!", "?", ";")) or _SENTENCE_ENDS.search(printed))


def find_title_above(sheet: Sheet, number: int) -> int:
    """The title directly above a dated line, or the letterhead above that; the line itself where none stands there."""
    position = bisect_left(sheet.words, number)
    best = number
    for step in range(1, TITLES_ABOVE + 1):
        if position - step < 0:
            break
        above = sheet.words[position - step]
        line = sheet.at(above)
        kind = line.title_noun or line.letterhead or not words.kind_words().isdisjoint(line.head.split())
        if best - above > 1 or not kind or line.title <= 0 or line.closing or line.quoted or above in sheet.visits:
            break
        if is_signature(sheet, position - step) or _is_under_name(sheet, position - step):
            break
        if sheet.noise.pages[above - 1] != sheet.noise.pages[number - 1]:
            break
        best = above
    return best


def _is_under_name(sheet: Sheet, position: int) -> bool:
    """Whether a letterhead's line stands directly below a person's name: there it signs."""
    if not position or sheet.words[position] - sheet.words[position - 1] > 1:
        return False
    above = sheet.words[position - 1]
    letterhead = sheet.at(sheet.words[position]).letterhead
    return letterhead and is_name(sheet.at(above), printed=sheet.text.lines[above - 1].strip())


def _find_heading_paragraph(sheet: Sheet, number: int) -> int:
    """The first line of a letterhead that stands by itself above the title at line `number`, blank lines about it.

    It begins with a practice's name; a signature begins with who signs.
    """
    position = bisect_left(sheet.words, number)
    if not position or number - sheet.words[position - 1] < 2:
        return number
    first = position - 1
    while first and position - first < LETTERHEAD_LINES and sheet.words[first] - sheet.words[first - 1] == 1:
        first -= 1
    top = sheet.words[first]
    lines = [sheet.at(each) for each in sheet.words[first:position]]
    apart = first > 0 and top - sheet.words[first - 1] > 1
    turned = any(sheet.noise.pages[each - 1] != sheet.noise.pages[number - 1] for each in sheet.words[first:position])
    if turned or not apart or any(line.prose or line.groups or line.heading or line.ruler for line in lines):
        return number
    lower = sum(1 for word in sheet.text.lines[top - 1].split() if word[:1].islower())
    named = words.letterhead_word().search(lines[0].folded) is not None and not lines[0].title_noun and lower < SENTENCE
    return top if named and not is_signature(sheet, first) else number


def _take_rulers(sheet: Sheet, number: int) -> int:
    """The first of the rulers directly above line `number`: they are printed on top of it."""
    position = bisect_left(sheet.words, number)
    while position:
        above = sheet.words[position - 1]
        line = sheet.at(above)
        joined = number - above == 1 and sheet.noise.pages[above - 1] == sheet.noise.pages[number - 1]
        if not (joined and line.ruler and line.folded[:1] not in UNDERLINES):
            break
        position, number = position - 1, above
    return number


def _may_head(line: LineFeatures) -> bool:
    if line.prose or (line.closing and not line.contact) or line.heading or line.groups or line.quoted:
        return False
    return (
        line.ruler
        or line.contact
        or line.letterhead
        or line.title > 0
        or (not line.lower and words.contact_word().search(line.folded) is not None)
        or STREET.match(line.folded) is not None
    )


def _is_printed_page(sheet: Sheet, number: int) -> bool:
    """Whether the page that line `number` stands on begins with a page break of the text."""
    pages = sheet.noise.pages
    first = bisect_left(pages, pages[number - 1]) + 1
    return first > 1 and sheet.text.pages[first - 1] != sheet.text.pages[first - 2]


def _ends_page(sheet: Sheet, line: int, *, before: int) -> bool:
    """Whether a running line ends a page: text directly above, a blank line below, and no page break of the text."""
    if line == 1 or line in sheet.noise.page_heads or sheet.text.pages[line - 2] != sheet.text.pages[line - 1]:
        return False
    joined = not sheet.at(line - 1).blank and line - 1 not in sheet.noise.lines
    return joined and any(sheet.at(number).blank for number in range(line + 1, before))


def find_page_top(sheet: Sheet, number: int) -> int:
    """The first line of the page where only running lines stand above line `number` on it, else `number`.

    A running header on top of a page belongs to the document that begins below it.
    """
    pages = sheet.noise.pages
    top = number
    while top > 1 and pages[top - 2] == pages[number - 1]:
        if not (sheet.at(top - 1).blank or top - 1 in sheet.noise.lines):
            return number
        if top - 1 in sheet.noise.lone_footers:
            break
        if top - 1 in sheet.later_pages and not _is_printed_page(sheet, top - 1):
            break  # a later page's number ends what stands above, where no page break says that it heads a page
        if sheet.at(top - 1).closing:
            return number  # the end of what stands above
        if _ends_page(sheet, top - 1, before=number):
            break
        top -= 1
    if top == 1 and pages[number - 1] == 1 and not any(line < number for line in sheet.noise.lines):
        return number
    while sheet.at(top).blank:
        top += 1
    return top
