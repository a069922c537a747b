"""The rules' clinical claims, line by line. Precision before recall: what is planned, denied, stopped or another's is
no finding.

Each line is looked at once for known words; only the readers whose words stand in it are tried.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.domain.facts import labels
from documents.domain.facts.clinical import laboratory, medication, statements, vaccines, vitals, words
from documents.domain.facts.clinical.found import Found, is_others
from documents.domain.facts.marks import split_cells
from documents.domain.findings import FactField

LONGEST_LIST = 15  # lines under a heading that are read as its list
LONGEST_ITEM = 90  # characters of such a line

_LAB_FIRST = words.ANALYTES.first_words
_VITAL_FIRST = words.VITAL_LABELS.first_words | frozenset(words.VITAL_LETTERS) | {"tpr"}
_DRUG_FIRST = words.DRUGS.first_words
_VACCINE_FIRST = words.VACCINES.first_words
_ALERT_FIRST = words.ALERT_PHRASES.first_words
_SIG_WORDS = frozenset(
    {"mg", "ml", "mcg", "bid", "sid", "tid", "qid", "q12h", "q24h", "q8h", "tablet", "tablets", "capsules"}
) | {"capsule", "comprimido", "comprimidos", "comprimé", "comprimés", "tablette", "tabletten"}
_ANY = (
    _LAB_FIRST | _VITAL_FIRST | _DRUG_FIRST | _VACCINE_FIRST | _ALERT_FIRST | _SIG_WORDS | words.HEAD_WORDS
    | {"allergic"}
)  # fmt: skip
# Every word that a look at a line's words asks for.
LOOKED_FOR = _ANY | laboratory.QUALITY_WORDS
_MARKED = re.compile(r"[-–•*·]\s?\S|\(?\d{1,2}[.)]\s?\S")
_SINGLE = frozenset(
    {"impression", "impressions", "interpretation", "conclusion", "conclusions", "conclusión", "interprétation"}
    | {"beurteilung", "diagnosis", "diagnóstico", "diagnostic", "diagnose"}
)
_PAGE = re.compile(r"\W*(?:page|pg|pág|página|seite)\W{0,2}\d", re.IGNORECASE)
_HAS_DIGIT = re.compile("[0-9]")


@dataclass(kw_only=True, slots=True)
class ClinicalReader:
    """Reads line after line; keeps under which heading's list it is, and whether a table has several days' columns."""

    listing: FactField | None = None
    listed: int = 0  # lines since the heading
    is_single: bool = False  # the heading is of one finding, in a line or numbered
    is_given: bool = False  # the heading says of vaccines that they were given
    has_days: bool = False  # a laboratory's table whose columns are days: whose number a row means is not said

    def end_list(self) -> None:
        """A blank line: the list under the last heading is over, once it has begun."""
        self.has_days = False
        if self.listed:
            self.listing = None

    def read(self, line: str, lowered: str, tokens: frozenset[str]) -> list[Found]:
        """The claims of one line that is not blank; `tokens` are those of its words that are LOOKED_FOR."""
        if len(lowered) != len(line):
            return []
        found: list[Found] = []
        listing = self.listing
        if not tokens.isdisjoint(words.HEAD_WORDS):
            found += self._read_heads(line, lowered)
        if listing is not None and self.listing is listing and not found:
            found += self._read_item(line, lowered, tokens)
        if tokens.isdisjoint(_ANY) and not laboratory.may_be_row(line):
            return found
        if not tokens.isdisjoint(_VITAL_FIRST) and _HAS_DIGIT.search(line):
            found += vitals.find_vitals(line, lowered)
        is_allergy = any(each.field == "allergy" for each in found)
        found += self._read_results(line, lowered, tokens)
        if not tokens.isdisjoint(_VACCINE_FIRST):
            found += vaccines.find_vaccines(line, lowered, under_given=self.is_given and self.listing == "vaccine")
        if not is_allergy and not (tokens.isdisjoint(_DRUG_FIRST) and tokens.isdisjoint(_SIG_WORDS)):
            found += medication.find_medication(line, lowered)
        if "allerg" in lowered or "alérgic" in lowered:
            found += statements.find_allergies(line, lowered)
        if not tokens.isdisjoint(_ALERT_FIRST) and not any(each.field == "alert" for each in found):
            found += statements.find_alert(line, lowered)
        return found

    def _read_heads(self, line: str, lowered: str) -> Iterator[Found]:
        """Values behind "Diagnosis:", "Allergies:", "Alerts:"; a heading alone opens its list."""
        stripped = line.strip(" \t#*=-–—_•>")
        if ":" not in line:
            head, dash, rest = stripped.partition(" - ")
            dashed = (
                words.HEADS.get(labels.canonical(head)) if dash and len(head) <= 24 and head[:1].isupper() else None
            )
            if dashed is not None:
                yield from self._read_value(dashed, line, rest)
                return
            key = labels.canonical(stripped)
            field = words.HEADS.get(key)
            if field is not None and len(stripped) <= 40 and (" " in key or stripped[:1].isupper()):
                self._open(field, key)
            return
        for start, cell in split_cells(line):
            head, colon, rest = cell.partition(":")
            field = words.HEADS.get(labels.canonical(head.strip(" \t#*-–—_•>☐")))
            if not colon or field is None:
                if colon and self.listing is not None and len(head.split()) <= 4 and not head[:1].isdigit():
                    self.listing = None
                continue
            if not rest.strip():
                following = line[start + len(cell) :].strip()
                if following:
                    rest = split_cells(following)[0][1]
                    yield from self._read_value(field, line, rest)
                else:
                    self._open(field, labels.canonical(head))
                continue
            self.listing = None
            if field in ("medication", "vaccine"):
                self._open(field, labels.canonical(head))
            yield from self._read_value(field, line, rest)

    def _open(self, field: FactField, key: str) -> None:
        self.listing, self.listed = field, 0
        self.is_single = key in _SINGLE
        self.is_given = field == "vaccine" and vaccines.is_given(key)

    def _read_value(self, field: FactField, line: str, rest: str) -> Iterator[Found]:
        if field in ("medication", "vaccine"):
            return
        if field == "alert" and next(words.NO_ALERT.find(rest.lower()), None) is not None:
            return
        for item in statements.split_items(rest, field=field):
            if is_others(item.lower()):
                continue
            yield from statements.state(field, item, line)

    def _read_item(self, line: str, lowered: str, tokens: frozenset[str]) -> Iterator[Found]:
        """One line of the list under a heading; the first that cannot be one ends the list."""
        stripped = line.strip()
        if _PAGE.match(stripped):
            return
        self.listed += 1
        is_over = (
            self.listed > LONGEST_LIST
            or "\f" in line
            or labels.canonical(stripped) in labels.ROLES
            or (stripped.isupper() and _MARKED.match(stripped) is None)
            or (":" in stripped and labels.canonical(stripped.partition(":")[0]) in labels.ROLES)
            or not words.STOPS_A_LIST.isdisjoint(lowered.partition(":")[0].split()[:2])
        )
        if is_over:
            self.listing = None
        elif self.listing in ("problem", "allergy", "alert") and _is_item(stripped, short=self.listing != "problem"):
            listing = self.listing
            if self.is_single and _MARKED.match(stripped) is None:
                self.listing = None  # below stands who signs
            for item in statements.split_items(stripped, field=listing):
                if not is_others(item.lower()):
                    yield from statements.state(listing, item, line)
        elif self.listing in ("problem", "allergy", "alert"):
            self.listing = None

    def _read_results(self, line: str, lowered: str, tokens: frozenset[str]) -> Iterator[Found]:
        if _HAS_DIGIT.search(line) is None and tokens.isdisjoint(laboratory.QUALITY_WORDS):
            return
        cells: list[tuple[int, str]] | None = None
        if laboratory.may_be_row(line):
            cells = split_cells(line)
            if laboratory.is_head_of_days(line, cells):
                self.has_days = True
                return
        if self.has_days:
            return
        if not tokens.isdisjoint(_LAB_FIRST):
            found = list(laboratory.find_known(line, lowered))
            if found:
                yield from found
                return
        if cells is not None and len(cells) >= 3:
            yield from laboratory.find_unknown(line, cells)


def _is_item(text: str, *, short: bool) -> bool:
    """Whether a line is an entry of a list: numbered or with a bullet, else a few words without a day."""
    if len(text) > LONGEST_ITEM or text.count(". ") > 1 or ":" in text:
        return False
    if statements.is_unticked(text):
        return False
    if _MARKED.match(text) is not None:
        return True
    return len(text.split()) <= (4 if short else 8) and not (_HAS_DIGIT.search(text) or statements.is_sentence(text))
