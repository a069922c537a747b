"""The vocabulary of documents, compiled once: labels, headings, title words and closings of every language."""

import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

from documents.domain.findings import DocumentType
from documents.domain.lines import fold
from documents.domain.rules.near_words import NearWords
from documents.domain.rules.phrases import either
from documents.domain.vocabulary import load

OPENING, MIDDLE, LATE, CLOSING = range(4)  # stages of a clinical note, in the order in which they are written


class Heading(NamedTuple):
    stage: int
    strength: float  # how much an opening heading speaks for a beginning; 0 for the later stages


def compile_vocabulary() -> None:
    """Make every table and pattern of this module, some 0.1 s. A worker does so as it starts, not at its first file."""
    for made in list(globals().values()):
        # `cache` keeps all, as what takes no argument does; `lru_cache` is for single words, which no one knows yet.
        own = getattr(made, "__module__", "") == __name__ and hasattr(made, "cache_parameters")
        if own and made.cache_parameters()["maxsize"] is None:
            made()


def _tables() -> list[dict[str, Any]]:
    return list(load("documents").values())


@cache
def header_labels() -> dict[str, str]:
    """Group ("date", "patient", "owner", "staff", "kind") of every label that a header block may hold."""
    return {
        fold(label): group
        for table in _tables()
        for group, labels in table["header_labels"].items()
        for label in labels
    }


@cache
def headings() -> dict[str, Heading]:
    """Section headings of clinical notes. A name that several stages claim belongs to the earliest."""
    found: dict[str, Heading] = {}
    for table in _tables():
        sections = table["sections"]
        for stage, part in ((CLOSING, "closing"), (LATE, "late"), (MIDDLE, "middle")):
            found.update({fold(name): Heading(stage, 0.0) for name in sections[part]["names"]})
        found.update({fold(name): Heading(OPENING, strength) for name, strength in sections["opening"].items()})
    return found


@lru_cache(maxsize=8192)
def label_group(label: str) -> str | None:
    """The group of a folded label, if it is known, or would be but for a sign that a scan has spoilt."""
    known = _near_labels().find(label)
    return None if known is None else header_labels()[known]


@cache
def _near_labels() -> NearWords:
    return NearWords(header_labels())


@lru_cache(maxsize=8192)
def find_heading(name: str) -> Heading | None:
    """The section heading of that folded name, likewise."""
    known = _near_headings().find(name)
    return None if known is None else headings()[known]


@cache
def _near_headings() -> NearWords:
    return NearWords(headings())


@lru_cache(maxsize=8192)
def find_title_noun(word: str) -> str | None:
    """The noun that names a document and is that folded word, likewise."""
    return _near_nouns().find(word)


@cache
def _near_nouns() -> NearWords:
    return NearWords(title_nouns())


@cache
def title_nouns() -> frozenset[str]:
    """Nouns that name a document, those included that name a section of one as well."""
    return weak_nouns() | {fold(noun) for table in _tables() for noun in table["titles"]["nouns"]}


@cache
def weak_nouns() -> frozenset[str]:
    return frozenset(fold(noun) for table in _tables() for noun in table["titles"]["weak_nouns"])


@cache
def title_endings() -> tuple[str, ...]:
    """How words end that name a document."""
    return tuple(fold(end) for table in _tables() for end in table["titles"]["endings"])


@cache
def weak_endings() -> tuple[str, ...]:
    """How words end that name a procedure: a document or a section of one."""
    return tuple(fold(end) for table in _tables() for end in table["titles"]["weak_endings"])


@cache
def never_titles() -> frozenset[str]:
    return frozenset(fold(name) for table in _tables() for name in table["titles"]["not_titles"])


@cache
def type_words() -> dict[DocumentType, dict[str, float]]:
    """Per type: the folded word or phrase of a title, and its weight."""
    words: dict[DocumentType, dict[str, float]] = {}
    for table in _tables():
        for kind, weights in table["types"].items():
            words.setdefault(kind, {}).update({fold(word): float(weight) for word, weight in weights.items()})
    return words


KIND = 4.0  # weight from which a word of a title tells a type by itself


@cache
def kind_words() -> frozenset[str]:
    """Single words that name a kind of document or of visit."""
    told = {word for table in type_words().values() for word, weight in table.items() if weight >= KIND}
    visits = {fold(word) for word in _all("visits", "words")}
    return frozenset(word for word in told | visits | title_nouns() if " " not in word and len(word) > 2)


@cache
def body_words() -> dict[DocumentType, tuple[str, ...]]:
    words: dict[DocumentType, list[str]] = {}
    for table in _tables():
        for kind, phrases in table["bodies"].items():
            words.setdefault(kind, []).extend(fold(phrase) for phrase in phrases)
    return {kind: tuple(dict.fromkeys(phrases)) for kind, phrases in words.items()}


@cache
def email_from() -> frozenset[str]:
    return frozenset(fold(key) for table in _tables() for key in table["email"]["from"])


@cache
def email_others() -> frozenset[str]:
    return frozenset(fold(key) for table in _tables() for key in table["email"]["others"])


@cache
def subject() -> re.Pattern[str]:
    """An e-mail's subject in a folded line; group 1 is what it says, without the marks of answers."""
    replies = rf"(?:(?:{_either(_all('email', 'replies'))})\s*:\s*)*"
    return re.compile(rf"^(?:{_either(_all('email', 'subject'))})\s*:\s*{replies}(.+)$")


def _either(phrases: list[str]) -> str:
    return either(map(fold, phrases))


def _all(section: str, key: str) -> list[str]:
    return [phrase for table in _tables() for phrase in table[section][key]]


def quotes_reply(folded: str) -> bool:
    """Whether an earlier message is quoted behind a folded line."""
    return folded.endswith(_wrote()) or _quotes().match(folded) is not None


@cache
def _quotes() -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{_either(_all('email', 'quotes'))})\b.{{0,40}}$")


@cache
def _wrote() -> tuple[str, ...]:
    """How a line ends that says who wrote what is quoted."""
    return tuple(map(fold, _all("email", "wrote")))


@cache
def ending() -> re.Pattern[str]:
    """A folded line that begins with what only ends a document: a greeting, a signature, "end of report"."""
    return re.compile(rf"^\W*(?:{_either(_all('closings', 'greetings') + _all('closings', 'starts'))})(?!\w)")


@cache
def closing() -> re.Pattern[str]:
    """A folded line that holds what mostly stands at the end of a document."""
    return re.compile(rf"\b(?:{_either(_all('closings', 'contains'))})(?:\W|$)")


@cache
def salutation() -> re.Pattern[str]:
    """A folded line that opens a letter."""
    return re.compile(rf"^(?:{_either(_all('closings', 'salutations'))})\b")


@cache
def opener() -> re.Pattern[str]:
    """Words of a folded line that open a note in prose: who is presented, and why."""
    return re.compile(rf"\b(?:{_either(_all('openers', 'words'))})\b")


@cache
def greeting() -> re.Pattern[str]:
    """A folded line that greets at the end of a letter: who signs stands below."""
    return re.compile(rf"^\W*(?:{_either(_all('closings', 'greetings'))})\b")


def names_fax_cover(folded: str) -> bool:
    """Whether a folded line names a fax cover page. Spaces are left out: cover pages are fond of spaced letters."""
    letters = folded.replace(" ", "")
    return any(phrase in letters for phrase in _fax_covers()) or _lone_fax().match(letters) is not None


@cache
def _fax_covers() -> tuple[str, ...]:
    return tuple(fold(phrase).replace(" ", "") for phrase in _all("fax", "cover"))


@cache
def _lone_fax() -> re.Pattern[str]:
    alone = "|".join(re.escape(fold(word)) for word in _all("fax", "cover_alone"))
    return re.compile(rf"\W*(?:{alone})\W*$")


@cache
def fax_heading() -> re.Pattern[str]:
    """A folded line of a few words that ends in "fax": a practice's name on top of its cover page."""
    return re.compile(rf"^[^:\d]{{2,50}}\b(?:{_either(_all('fax', 'cover_alone'))})\W*$")


@cache
def fax_label() -> re.Pattern[str]:
    """A folded line that begins with a label of a cover page."""
    return re.compile(rf"^\W*(?:{_either(_all('fax', 'words'))})\b[^:]{{0,24}}:")


@cache
def addition() -> re.Pattern[str]:
    """A folded line that begins what is added to the document above it: an addendum, a correction."""
    return re.compile(rf"^\W*(?:{_either(_all('titles', 'additions'))})\b")


@cache
def fax_end() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_all('fax', 'ends'))})\b")


@cache
def blank_page() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_all('pages', 'blank'))})\b")


@cache
def page_counter() -> re.Pattern[str]:
    """A page counter in a folded line; groups `n` (this page) and, where it is printed, `m` (of how many)."""
    forms = []
    for form in sorted(set(_all("pages", "counters")), key=len, reverse=True):
        pattern = re.escape(fold(form)).replace(r"\ ", r"\s*")
        forms.append(pattern.replace(r"\{n\}", r"#(\d{1,4})").replace(r"\{m\}", r"(\d{1,4})"))
    either = "|".join(form.replace("#", "") for form in forms)
    return re.compile(rf"(?<![\w.])(?:{either})(?!\d)")


@cache
def continued() -> re.Pattern[str]:
    """What says, in a folded line on top of a page, that a document goes on there."""
    within, at_end = _either(_all("pages", "continued")), _either(_all("pages", "continued_ends"))
    return re.compile(rf"(?<!\w)(?:(?:{within})(?!\w)|(?:{at_end})$)")


@cache
def count_start() -> re.Pattern[str]:
    """What stands before a page's number, and the number's first sign as a scan leaves it; soon looked for."""
    found = {fold(form).partition("{")[0].strip() for form in _all("pages", "counters")}
    found |= {"p", "p.", "pages", "s.", "pagina", "pág", "pag"}  # with which fax machines count
    return re.compile(rf"\b(?:{either(found)})\s*[.:]?\s*[\dli|]")


@cache
def visit_word() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_all('visits', 'words'))})\b")


@cache
def other_day() -> re.Pattern[str]:
    """What stands before a day that is none of a visit: when the next one is due, when the animal was born."""
    return re.compile(rf"(?<!\w)(?:{_either(_all('visits', 'other_days'))})\s*[.:]?\s*$")


@cache
def writes() -> re.Pattern[str]:
    """What tells, in the heading of an entry, that a message follows."""
    return re.compile(rf"\b(?:{_either(list(type_words()['communication']))})\b")


@cache
def letterhead_word() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_all('letterhead', 'words'))})")


@cache
def contact_start() -> re.Pattern[str]:
    """A folded line that begins with the word for a phone or fax number, and with its number."""
    return re.compile(rf"(?:{_either(_all('letterhead', 'contact'))})\b[.:]?\s*[+(\d]")


@cache
def contact_word() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_either(_all('letterhead', 'contact'))})\b")
