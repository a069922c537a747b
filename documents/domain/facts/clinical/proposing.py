"""The rules' clinical claims, line by line. Precision before recall: what is planned, denied, stopped or another's is
no finding.

Each line is looked at once for known words; only the readers whose words stand in it are tried.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.domain.facts import labels
from documents.domain.facts.clinical import columns, laboratory, medication, statements, vaccines, vitals, words
from documents.domain.facts.clinical.columns import Columns
from documents.domain.facts.clinical.found import Found, is_others
from documents.domain.facts.marks import split_cells
from documents.domain.findings import FactField

LONGEST_LIST = 15  # lines under a heading that are read as its list
LONGEST_ITEM = 90  # characters of such a line

_LAB_FIRST = words.ANALYTES.first_words
_VITAL_FIRST = words.VITAL_LABELS.first_words | frozenset(words.VITAL_LETTERS) | {"tpr"}
_DRUG_FIRST = words.DRUGS.first_words
# Of "4-way" the second word: a digit stands in many lines.
_VACCINE_FIRST = frozenset(word for word in words.VACCINES.first_words if not word.isdigit()) | {"way"}
_ALERT_FIRST = words.ALERT_PHRASES.first_words
_SIG_WORDS = frozenset(
    {"mg", "ml", "mcg", "bid", "sid", "tid", "qid", "q12h", "q24h", "q8h", "tablet", "tablets", "capsules"}
) | {"capsule", "comprimido", "comprimidos", "comprimé", "comprimés", "tablette", "tabletten"}
_ANY = (
    _LAB_FIRST | _VITAL_FIRST | _DRUG_FIRST | _VACCINE_FIRST | _ALERT_FIRST | _SIG_WORDS | words.HEAD_WORDS
    | {"allergic"}
)  # fmt: skip
_COLUMN_FIRST = _VITAL_FIRST | words.HEAD_WORDS
# Every word that a look at a line's words asks for.
LOOKED_FOR = _ANY | laboratory.QUALITY_WORDS
_MARKED = re.compile(r"[-–•*·]\s?\S|\(?\d{1,2}[.)]\s?\S")
_SINGLE = frozenset(
    {"impression", "impressions", "interpretation", "conclusion", "conclusions", "conclusión", "interprétation"}
    | {"beurteilung", "diagnosis", "diagnóstico", "diagnostic", "diagnose"}
)
_SOAP = re.compile(r"\s*([SOAP])\s?[:)]")
SOAP_REACH = 15  # lines behind an "O:" or "S:" in which an "A:" is the assessment: in others it is what the owner told
_PAGE = re.compile(r"\W*(?:page|pg|pág|página|seite)\W{0,2}\d", re.IGNORECASE)
_HAS_DIGIT = re.compile("[0-9]")
_SCORED = re.compile(r"^\s*[^\W\d_]+\s{2,}\d\s*$")
_PERSON = re.compile(r"[A-ZÀ-Ý][\w'’.-]*(?: [A-ZÀ-Ý][\w'’.-]*){1,3}")  # below a finding stands who signs


@dataclass(kw_only=True, slots=True)
class ClinicalReader:
    """Reads line after line; keeps under which heading's list it is, and whether a table has several days' columns."""

    listing: FactField | None = None
    listed: int = 0  # lines since the heading
    is_single: bool = False  # the heading is of one finding, in a line or numbered
    is_given: bool = False  # the heading says of vaccines that they were given
    has_days: bool = False  # a laboratory's table whose columns are days: whose number a row means is not said
    is_pointed: bool = False  # the list's last line ended with a point
    seen: int = 0  # lines
    soap_line: int = -SOAP_REACH  # the last that began with "S:" or "O:"
    columns: Columns = ()  # of the table at hand

    def end_list(self) -> None:
        """A blank line: the list under the last heading is over, once it has begun."""
        self.has_days = False
        self.columns = ()
        if self.listed:
            self.listing = None

    def read_running(self, line: str, tokens: frozenset[str]) -> None:
        """A line that returns on many pages states nothing, but a heading that does opens its list all the same."""
        stripped = line.strip(" \t#*=-–—_•>:")
        if not tokens.isdisjoint(words.HEAD_WORDS) and ":" not in stripped:
            self._open_by_heading(stripped)

    def read(self, line: str, lowered: str, tokens: frozenset[str]) -> list[Found]:
        """The claims of one line that is not blank; `tokens` are those of its words that are LOOKED_FOR."""
        if len(lowered) != len(line):
            return []
        found: list[Found] = []
        listing = self.listing
        self.seen += 1
        soap = _SOAP.match(line) if line[:1] in "SOAP \t" else None
        if soap is not None and soap[1] in "SO":
            self.soap_line = self.seen
        if soap is not None and soap[1] == "A" and soap[0].endswith(")") and self._is_assessed():
            found += self._read_value("problem", line, line[soap.end() :])
        cells = split_cells(line) if laboratory.may_be_row(line) else []
        is_known = not tokens.isdisjoint(_ANY)
        if not (is_known or cells or found or listing or self.columns):
            return found
        if not found and not tokens.isdisjoint(words.HEAD_WORDS):
            found += self._read_heads(line, lowered)
        if self.columns and columns.ends(cells, self.columns):
            self.columns = ()
        if self.columns and cells and not found:
            found += columns.read_row(line, cells, self.columns)
            if found:
                return found
        if listing is not None and self.listing is listing and not found:
            found += self._read_item(line, lowered, tokens)
        if not (is_known or cells):
            return found
        if len(cells) >= 3 and not tokens.isdisjoint(_COLUMN_FIRST):
            self.columns = columns.find_columns(cells) or self.columns
        return self._read_words(line, lowered, tokens, cells, found)

    def _read_words(
        self, line: str, lowered: str, tokens: frozenset[str], cells: list[tuple[int, str]], found: list[Found]
    ) -> list[Found]:
        """`found`, and what the readers find whose words stand in the line."""
        if not tokens.isdisjoint(_VITAL_FIRST) and _HAS_DIGIT.search(line):
            found += vitals.find_vitals(line, lowered)
        is_allergy = bool(found) and any(each.field == "allergy" for each in found)
        found += self._read_results(line, lowered, tokens, cells)
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
            if dashed is not None and (len(head) > 1 or self._is_assessed()):
                yield from self._read_value(dashed, line, rest)
            elif dashed is None:
                self._open_by_heading(stripped)
            return
        for start, cell in split_cells(line):
            head, colon, rest = cell.partition(":")
            field = words.HEADS.get(labels.canonical(head.strip(" \t#*-–—_•>☐")))
            if head.strip() == "A" and not self._is_assessed():
                continue
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

    def _is_assessed(self) -> bool:
        """Whether an "A" is the assessment: "O:" or "S:" stand above it."""
        return self.seen - self.soap_line < SOAP_REACH

    def _open_by_heading(self, stripped: str) -> bool:
        key = labels.canonical(stripped)
        field = words.HEADS.get(key)
        if field is None or len(stripped) > 40 or not (" " in key or stripped[:1].isupper()):
            return False
        self._open(field, key)
        return True

    def _open(self, field: FactField, key: str) -> None:
        self.listing, self.listed, self.is_pointed = field, 0, False
        self.is_single = key in _SINGLE
        self.is_given = field == "vaccine" and vaccines.is_given(key)

    def _read_value(self, field: FactField, line: str, rest: str) -> Iterator[Found]:
        if field in ("medication", "vaccine"):
            return
        if field == "alert" and next(words.NO_ALERT.find(rest.lower()), None) is not None:
            return
        if field == "alert" and _SCORED.search(line[line.index(rest) :]):
            return  # "Handling: head   0" is a sheet of scores
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
        was_pointed, self.is_pointed = self.is_pointed, stripped.endswith(".")
        is_over = (
            self.listed > LONGEST_LIST
            or (was_pointed and not self.is_pointed and _PERSON.fullmatch(stripped) is not None)
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

    def _read_results(
        self, line: str, lowered: str, tokens: frozenset[str], cells: list[tuple[int, str]]
    ) -> Iterator[Found]:
        if _HAS_DIGIT.search(line) is None and tokens.isdisjoint(laboratory.QUALITY_WORDS):
            return
        is_vaccine = not tokens.isdisjoint(_VACCINE_FIRST)
        if cells and not is_vaccine and laboratory.is_head_of_days(line, cells):
            self.has_days = True
            return
        if self.has_days:
            return
        if not tokens.isdisjoint(_LAB_FIRST):
            found = list(laboratory.find_known(line, lowered))
            if found:
                yield from found
                return
        if len(cells) >= 3:
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
