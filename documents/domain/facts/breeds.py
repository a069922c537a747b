"""The fullest wording of a breed among a patient's papers: of "Golden Ret." and "Golden Retriever" the latter."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.names_pattern import match_any
from documents.domain.facts.observed import Observation
from patients.domain import species

LONGEST_CODE = 6  # letters of a breed's abbreviation in capitals


def spell_out_breeds(
    *, observations: Sequence[Observation], lines: Sequence[str], papers: Mapping[int, tuple[int, int]]
) -> list[Observation]:
    """A patient's observations, each breed that is told by a short form being told by the fullest one that is printed.

    `papers`: by document the first and last lines of those that are the patient's alone: another's "Domestic
    Shorthair" spells out nobody else's "DSH".
    """
    short = {str(one.value.value) for one in observations if one.value.field == "breed"}
    found = {breed: _find_fuller(breed, lines, papers) for breed in short if _is_short(breed)}
    return [
        _spell_out(one, found.get(str(one.value.value)) if one.value.field == "breed" else None) for one in observations
    ]


def _spell_out(one: Observation, fuller: tuple[int, LocatedClaim] | None) -> Observation:
    if fuller is None:
        return one
    document, claim = fuller
    return replace(one, claim=claim, value=replace(one.value, value=claim.raw), document=document)


def _is_short(breed: str) -> bool:
    """Whether a breed's wording is an abbreviation, or has one."""
    is_code = breed.isupper() and " " not in breed and len(breed) <= LONGEST_CODE
    is_known = species.find_breed(breed) is not None
    return is_known and (is_code or any(species.is_abbreviation(word) for word in breed.split()))


def _find_fuller(
    short: str, lines: Sequence[str], papers: Mapping[int, tuple[int, int]]
) -> tuple[int, LocatedClaim] | None:
    """The document and place of the longest name of the breed that the papers print with a capital."""
    names = [name for name in species.list_aliases(short) if len(name) > len(short) and not _is_short(name)]
    if not names:
        return None
    pattern = re.compile(rf"(?<![\w-])(?:{match_any(names)})(?![\w-])", re.IGNORECASE)
    places = (
        (-len(match[0]), number, document, match[0])
        for document, (first, last) in papers.items()
        for number in range(first, min(last, len(lines)) + 1)
        for match in pattern.finditer(lines[number - 1])
        if match[0][:1].isupper() and not match[0].isupper()
    )
    best = min(places, default=None)
    if best is None:
        return None
    _, number, document, words = best
    return document, LocatedClaim(field="breed", raw=words, line=number, quote=words)
