"""Owners who are printed in several forms: the fullest says what the others leave out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from documents.domain.facts import contacts
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.names_pattern import match_any
from documents.domain.facts.observed import Observation
from patients.domain import identity

_TITLE = r"(?:(?:Mrs?|Ms|Miss|Mx|Sra?|Mme|M|Herrn?|Frau|Capt|Prof)\.? )?"
_PERSON = re.compile(rf"{_TITLE}([A-ZÀ-Ý][a-zà-ÿ'’-]{{2,}}) $")
_COUPLE = re.compile(r"&|\s(?:\+|/|and|y|e|et|und)\s")
_COUPLE_AHEAD = re.compile(r"(?:&|\+|/|\b(?:and|y|e|et|und))\s$")
_FURTHER = re.compile(r" [A-ZÀ-Ý][a-zà-ÿ'’-]{2,}(?=[,.;)]|\s{2}|\s?$)")  # a second surname: "Begoña Amescua Lodares,"
_GIVEN_BEHIND = re.compile(r", ([A-ZÀ-Ý][a-zà-ÿ'’-]{2,})(?=[.;)]|\s{2}|\s?$)")  # "Roe, Jane"
SHORTEST_PHONE, LONGEST_LOCAL = 6, 8  # digits of a telephone number without its area
_WITH_AREA = re.compile(r"(?<![\w+])(?:\(\d{2,5}\)|\d{3,5})[\s.-]{0,2}\d{3}[\s.-]?\d{3,4}(?!\w)")
_CELL_AHEAD = re.compile(r"(?:^\s*|\s{2}|[:|/(]\s?)$")
MOST_NAMESAKES = 200  # owners who share a part of their names, with whom another is compared
LONGEST_AHEAD = 32  # characters ahead of a surname in which title and given name stand


def names_less(shorter: Iterable[str], longer: Iterable[str]) -> bool:
    """Whether a person's parts say less than another's: without one, or with an initial in the place of one."""
    less, more = set(shorter), set(longer)
    rest, left = less - more, more - less
    if not less & more or not left:
        return False
    return all(len(part) == 1 and any(other.startswith(part) for other in left) for part in rest)


def list_fuller(
    *, observations: Sequence[Observation], lines: Sequence[str], document_of_line: Sequence[int | None]
) -> Mapping[str, Observation]:
    """By what is printed of owners, their telephones and addresses, the fullest form in which the file prints it."""
    found = find_fuller_phones(observations=observations, lines=lines, document_of_line=document_of_line)
    places = find_fuller_addresses(observations=observations, lines=lines, document_of_line=document_of_line)
    people = find_fuller(observations=observations, lines=lines, document_of_line=document_of_line)
    return {**found, **places, **people}


def find_fuller(
    *, observations: Sequence[Observation], lines: Sequence[str], document_of_line: Sequence[int | None]
) -> Mapping[str, Observation]:
    """For owners' names as printed that leave something out, the fullest form that the file prints of each.

    1. Another owner's name that says all of it and more, if one alone does.
    2. A given name ahead of the surname anywhere in the file, where the owner has an initial or none: "Mrs S Garrick"
       is Sioned Garrick, if no other Garrick is named.
    """
    owners = {str(one.value.value): one for one in reversed(observations) if one.value.field == "owner"}
    parts = {name: identity.owner_parts(name, initials=True) for name in owners}
    fuller: dict[str, Observation] = {}
    open_names: dict[str, list[str]] = defaultdict(list)
    holders: defaultdict[str, list[str]] = defaultdict(list)  # owners' names by a part of theirs
    for name, own in parts.items():
        for part in own:
            if len(part) > 1 and len(holders[part]) < MOST_NAMESAKES:
                holders[part].append(name)
    for name, own in parts.items():
        near = [other for part in sorted(own) for other in holders.get(part, ())]
        if (single := _find_single(name, own, {other: parts[other] for other in near})) is not None:
            fuller[name] = owners[single]
            continue
        if len(own) > 1 and not _COUPLE.search(name):
            near = [other for other in near if not _COUPLE.search(other)]
        longer = {parts[other]: other for other in near if names_less(own, parts[other])}
        if len(longer) == 1:
            fuller[name] = owners[next(iter(longer.values()))]
        elif not longer and len([part for part in own if len(part) > 1]) == 1:
            open_names[max(own, key=len)].append(name)
    animals = {identity.fold_name(str(one.value.value)) for one in observations if one.value.field == "name"}
    animals |= {name.partition(" ")[0] for name in animals}
    for surname, claims in _find_given(open_names, animals, lines).items():
        for name in open_names[surname]:
            fitting = [claim for claim in claims if names_less(parts[name], identity.owner_parts(claim.raw))]
            if len(fitting) == 1:
                one, claim = owners[name], fitting[0]
                value = replace(one.value, value=claim.raw)
                fuller[name] = replace(one, claim=claim, value=value, document=document_of_line[claim.line])
    return {name: _follow(name, fuller) for name in fuller}


def find_fuller_phones(
    *, observations: Sequence[Observation], lines: Sequence[str], document_of_line: Sequence[int | None]
) -> Mapping[str, Observation]:
    """For owners' telephones as printed that leave the area out, where the file prints it ahead of the same number.

    Not where that is somebody's telephone by itself: of one animal's owner both are one fact, led by the longer.
    """
    told = {str(one.value.value) for one in observations if one.value.field == "owner_phone"}
    whole = {identity.phone_digits(phone) for phone in told}
    short: dict[str, list[Observation]] = defaultdict(list)
    for one in observations:
        if one.value.field == "owner_phone":
            digits = identity.phone_digits(str(one.value.value))
            if SHORTEST_PHONE <= len(digits) <= LONGEST_LOCAL:
                short[digits].append(one)
    if not short:
        return {}
    found: dict[str, dict[str, LocatedClaim]] = defaultdict(dict)
    for number, line in enumerate(lines, start=1):
        for match in _WITH_AREA.finditer(line):
            digits = identity.phone_digits(match[0])
            for local in short:
                if digits.endswith(local) and len(digits) > len(local) and not any(digits in each for each in whole):
                    claim = LocatedClaim(field="owner_phone", raw=match[0], line=number, quote=match[0])
                    found[local].setdefault(digits, claim)
    fuller: dict[str, Observation] = {}
    for local, claims in found.items():
        claim = next(iter(claims.values()))
        for one in short[local] if len(claims) == 1 else ():
            value = replace(one.value, value=claim.raw)
            document = document_of_line[claim.line]
            fuller[str(one.value.value)] = replace(one, claim=claim, value=value, document=document)
    return fuller


def find_fuller_addresses(
    *, observations: Sequence[Observation], lines: Sequence[str], document_of_line: Sequence[int | None]
) -> Mapping[str, Observation]:
    """For owners' addresses as printed that stop before the town, where the file prints one that goes on."""
    short = {str(one.value.value): one for one in reversed(observations) if one.value.field == "owner_address"}
    heads = {address: contacts.list_parts(address) for address in short}
    starts = {address.split()[0] for address in short if address[:1].isdigit()}
    fuller: dict[str, Observation] = {}
    if not starts:
        return fuller
    pattern = re.compile(rf"(?<![\w.,/-])(?:{match_any(starts)}) (?=[A-ZÀ-Ý])")
    for number, line in enumerate(lines, start=1):
        for match in pattern.finditer(line):
            longer = contacts.cut_address(line[match.start() :])
            parts = contacts.list_parts(longer)
            for address, head in heads.items():
                held = str(fuller[address].value.value) if address in fuller else address
                if _is_fuller(longer, parts, head, held) and longer not in short:
                    one = short[address]
                    claim = LocatedClaim(field="owner_address", raw=longer, line=number, quote=longer)
                    value = replace(one.value, value=longer)
                    fuller[address] = replace(one, claim=claim, value=value, document=document_of_line[number])
    return fuller


def _is_fuller(longer: str, parts: Sequence[str], head: Sequence[str], held: str) -> bool:
    """Whether an address begins with another one's parts, and is printed in more letters than what is held of it."""
    if parts[: len(head)] != head or len(longer) <= len(held) or longer.isupper() > held.isupper():
        return False
    towns = longer.split(", ")[1:]
    return contacts.is_address(longer) and all(part[:1].isupper() or part[:1].isdigit() for part in towns)


def _follow(name: str, fuller: Mapping[str, Observation]) -> Observation:
    """The last of a chain: of "Roe" is told by "J. Roe", and that by "Jane Roe", the latter."""
    told, seen = fuller[name], {name}
    while (printed := str(told.value.value)) in fuller and printed not in seen:
        seen.add(printed)
        told = fuller[printed]
    return told


def _find_single(name: str, own: frozenset[str], near: Mapping[str, frozenset[str]]) -> str | None:
    """The one of a couple whom the file names alone as the owner, by given name and surname; None where it does not."""
    if not _COUPLE.search(name):
        return None
    single = {
        parts: other
        for other, parts in near.items()
        if not _COUPLE.search(other) and len(parts) > 1 and parts < own and min(map(len, parts)) > 1
    }
    return next(iter(single.values())) if len(single) == 1 else None


def _find_given(surnames: Iterable[str], animals: set[str], lines: Sequence[str]) -> dict[str, list[LocatedClaim]]:
    """By surname the first place that prints it behind each given name."""
    forms = frozenset(surnames)
    if not forms:
        return {}
    pattern = re.compile(rf"(?<!\w)(?:{match_any(forms)})(?!\w)", re.IGNORECASE)
    found: dict[str, dict[str, LocatedClaim]] = defaultdict(dict)
    for number, line in enumerate(lines, start=1):
        for match in pattern.finditer(line):
            behind = _GIVEN_BEHIND.match(line, match.end())
            heads_cell = _CELL_AHEAD.search(line, 0, match.start()) is not None
            if (
                behind is not None
                and heads_cell
                and match[0][:1].isupper()
                and identity.fold_name(behind[1]) not in animals
            ):
                printed = line[match.start() : behind.end()]
                claim = LocatedClaim(field="owner", raw=printed, line=number, quote=printed)
                found[identity.fold_name(match[0])].setdefault(behind[1].casefold(), claim)
                continue
            person = _PERSON.search(line, max(0, match.start() - LONGEST_AHEAD), match.start())
            if person is None or not match[0][:1].isupper() or identity.fold_name(person[1]) in animals:
                continue
            if _COUPLE_AHEAD.search(line, 0, person.start()):
                continue  # of "Mark and Julie Stanhope" neither is the owner alone
            further = _FURTHER.match(line, match.end())
            printed = line[person.start() : further.end() if further else match.end()]
            claim = LocatedClaim(field="owner", raw=printed, line=number, quote=printed)
            found[identity.fold_name(match[0])].setdefault(person[1].casefold(), claim)
    return {surname: list(given.values()) for surname, given in found.items()}
