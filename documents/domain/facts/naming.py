"""What of a printed name is the animal's own: of "Tansy Ellacott" Tansy, where the file knows an Ellacott."""

import re
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from documents.domain.facts import labels
from documents.domain.facts.names_pattern import match_any
from documents.domain.facts.observed import Observation
from patients.domain import identity

_TITLE = r"(?:Mrs?|Miss|Ms|Sra?|Mme|Herr|Frau|Familie|Fam)"
_TITLED_SURNAME = re.compile(rf"\b{_TITLE}\.? (?:[A-Z]\.? )?([A-ZÀ-Ý][\w'’-]{{2,20}})\b")
_TITLED_NAME = re.compile(
    rf"(?:{_TITLE}|Mister|Sir|Lady|Lord|Capt(?:ain)?|Princess|Prince|King|Queen|Count|Don|Doña|El|La|Le)\.?\s",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[A-ZÀ-Ý]\.?(?:[ -]?[A-ZÀ-Ý]\.?)?")  # of a person: "P.", "B-H"
_INITIAL_AHEAD = re.compile(r"(?<!\w)([A-ZÀ-Ý])\.? $")
_GIVEN_AHEAD = re.compile(r"(?<!\w)([A-ZÀ-Ý][a-zà-ÿ]{2,}) $")
_INITIAL_BEHIND = re.compile(rf", ?(?:[A-ZÀ-Ý]\.?(?![\w'’])|{_TITLE}\b)|['’]s? (?:dog|cat|horse|rabbit|mare)\b")
_PARTICLES = frozenset({"de", "del", "du", "des", "of", "the", "von", "van", "la", "le"})  # in the name of a pedigree
SHORTEST_NICKNAME = 3
SURE_NICKNAME = 4  # letters of one that needs no further proof
FAR_APART = 15  # lines between two names of one document, from which they may be of one animal
LONGEST_GIVEN = 20
SHORTEST_SURNAME = 4  # letters of a last word that is dropped behind a common name of animals
LONGEST_INITIAL = 3  # characters ahead of a surname in which an initial stands


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """The own names of a file's animals, by their names as printed."""

    own: Mapping[str, str]

    def own_name(self, observation: Observation) -> str:
        """The animal's own name of what a name claim prints; empty where it is not told."""
        printed = str(observation.value.value)
        return self.own.get(printed, printed)


def learn_names(*, observations: Sequence[Observation], lines: Sequence[str]) -> Naming:
    """What each printed name is without an owner's.

    1. Parts of known owners' names are left out, and surnames that stand behind a title anywhere in the file.
    2. What stands behind a comma, initials behind and an account's number are no part of a name.
    3. A last word is a surname where the file prints it behind another's initial, ahead of initials, or in the other
       case than the rest ("Nutmeg HARRIS"), or where the rest alone names an animal or stands alone as often. A name
       with a particle is whole.
    """
    names: list[str] = []
    owners: set[str] = set()
    for one in observations:
        if one.value.field == "name":
            names.append(str(one.value.value))
        elif one.value.field == "owner":
            owners.add(str(one.value.value))
    known = frozenset(owners | _list_surnames(names, lines))
    own = {printed: _shorten(_drop_owners(printed, known)) for printed in dict.fromkeys(names)}
    alone = {identity.fold_scanned(name) for name in own.values() if len(name.split()) == 1}
    surnames = frozenset(_find_surnames(own.values(), lines))
    for printed, name in own.items():
        shorter = _choose_part(name, alone=alone) if "," in name else name
        own[printed] = _drop_last(shorter, alone=alone, surnames=surnames)
    full = _list_full_names(own.values())
    own = {printed: _spell_out(name, full) for printed, name in own.items()}
    nicknames = _find_nicknames(own, observations)
    own = {printed: nicknames.get(identity.fold_name(name), name) for printed, name in own.items()}
    whole = {identity.fold_scanned(name): name for name in own.values() if len(name.split()) == 1}
    return Naming(own={printed: _mend(name, whole) for printed, name in own.items()})


def _find_nicknames(own: Mapping[str, str], observations: Sequence[Observation]) -> Mapping[str, str]:
    """Names that are the beginning of one other: "Huck" for Huckleberry.

    The full name is printed more often, no document prints both as names near each other, and their documents tell of
    no two kinds or sexes; of a beginning of three letters they tell the same one.
    """
    places: defaultdict[str, list[int | None]] = defaultdict(list)
    printed_on: defaultdict[str, list[int]] = defaultdict(list)
    kinds: defaultdict[int | None, set[tuple[str, str]]] = defaultdict(set)
    spelt: dict[str, str] = {}
    for one in observations:
        if one.value.field == "name":
            name = own[str(one.value.value)]
            folded = identity.fold_name(name)
            spelt[folded] = min(spelt.get(folded, name), name, key=lambda form: (form.isupper(), form))
            places[folded].append(one.document)
            insort(printed_on[folded], one.claim.line)
        elif one.value.field in ("species", "sex"):
            kinds[one.document].add((one.value.field, str(one.value.value)))
    told = {name: set[tuple[str, str]]().union(*(kinds[document] for document in places[name])) for name in places}

    def are_one(short: str, full: str) -> bool:
        far = _measure_distance(printed_on[short], printed_on[full]) >= FAR_APART
        apart = far or set(places[short]).isdisjoint(places[full])
        alike = [_agree(told[short], told[full], field) for field in ("species", "sex")]
        is_sure = False not in alike and (True in alike or len(short) >= SURE_NICKNAME)
        return apart and is_sure and len(places[full]) > len(places[short])

    beginnings: defaultdict[str, list[str]] = defaultdict(list)
    for name in places:
        for length in range(SHORTEST_NICKNAME, len(name) - 1) if " " not in name else ():
            beginnings[name[:length]].append(name)
    found = {name: longer[0] for name, longer in beginnings.items() if name in places and len(longer) == 1}
    return {name: spelt[full] for name, full in found.items() if are_one(name, full)}


def _measure_distance(lines: Sequence[int], others: Sequence[int]) -> int:
    """The fewest lines between one of the lines and one of the others; all are in order."""
    nearest = []
    for line in lines:
        place = bisect_left(others, line)
        nearest += [abs(line - other) for other in others[max(0, place - 1) : place + 1]]
    return min(nearest)


def _agree(one: set[tuple[str, str]], other: set[tuple[str, str]], field: str) -> bool | None:
    """Whether two sets of values say the same of a field; None where one of them says nothing."""
    mine, theirs = ({value for each, value in told if each == field} for told in (one, other))
    return bool(mine & theirs) if mine and theirs else None


def _mend(name: str, whole: Mapping[str, str]) -> str:
    """Of "DO LLY", which a scanner broke, Dolly: the file prints the name whole elsewhere."""
    return whole.get(identity.fold_scanned(name.replace(" ", "")), name) if " " in name else name


def _list_surnames(names: Iterable[str], lines: Iterable[str]) -> set[str]:
    """Surnames behind a title anywhere in the file, but for those of animals: Mr. Whiskers is a cat."""
    of_animals = {surname for name in names for surname in _TITLED_SURNAME.findall(name)}
    return {surname for line in lines for surname in _TITLED_SURNAME.findall(line)} - of_animals


def _drop_owners(name: str, owners: frozenset[str]) -> str:
    """A name without an owner's; a pedigree keeps its own: "Ouragan du Marais" of the Haras du Marais."""
    own = identity.drop_surname(name, owners=owners)
    return name if own.split()[-1].casefold() in _PARTICLES else own


def _shorten(name: str) -> str:
    """A name without what stands behind a comma, if that is no name by itself, and without initials behind it."""
    head, comma, rest = name.partition(",")
    words, behind = head.split(), rest.split()
    if comma and behind and words:
        if all(_INITIALS.fullmatch(word) for word in behind):
            return " ".join(words[:-1])  # "Rolo Sievers, P."; "Sievers, P." is a person
        if len(behind) > 1:
            name = head.strip()
    words = name.split()
    if len(words) > 1 and len(words[0]) > LONGEST_INITIAL and _INITIALS.fullmatch(words[-1]):
        return " ".join(words[:-1])
    return name


def _choose_part(name: str, *, alone: set[str]) -> str:
    """Of "Dunleavy, Biscuit" the part that names an animal by itself; empty where both do or neither does."""
    parts = [part.strip() for part in name.split(",")]
    known = [part for part in parts if identity.fold_scanned(part) in alone]
    return known[0] if len(known) == 1 else ""


def _may_hold_surname(name: str) -> bool:
    words = name.split()
    if len(words) > 1 and _INITIALS.fullmatch(words[-2]):
        return False
    is_titled = _TITLED_NAME.match(name) is not None
    return 1 < len(words) <= 3 and "," not in name and not is_titled and _PARTICLES.isdisjoint(map(str.lower, words))


def _find_surnames(names: Iterable[str], lines: Sequence[str]) -> Iterator[str]:
    """The last words of names that the file prints as persons' surnames, folded."""
    firsts = {identity.fold_name(name.split()[-1]): name.split()[-2] for name in names if _may_hold_surname(name)}
    if not firsts:
        return
    pattern = re.compile(rf"(?<!\w)(?:{match_any({*firsts, *firsts.values()})})(?!\w)", re.IGNORECASE)
    together: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for line in lines:
        folded = ""
        for match in pattern.finditer(line):
            before, folded = folded, identity.fold_name(match[0])
            alone[folded] += match[0][:1].isupper()
            first = firsts.get(folded)
            if first is None:
                continue
            if before == identity.fold_name(first):
                together[folded] += 1
                alone[before] -= 1
            if _is_of_person(first, match):
                yield folded
    for last, first in firsts.items():
        if alone[identity.fold_name(first)] >= max(1, together[last]):
            yield last  # "Rocket" stands alone as often as "Rocket Sandhu"


def _is_of_person(first: str, match: re.Match[str]) -> bool:
    """Whether a word is written as a person's surname; "T Tot" is Tater Tot."""
    line = match.string
    given = _GIVEN_AHEAD.search(line, max(0, match.start() - LONGEST_GIVEN), match.start())
    if given is not None and given[1].casefold() not in (first.casefold(), match[0].casefold()):
        return match[0].istitle()  # "Nadine Foss" is no Hobbes Foss
    ahead = _INITIAL_AHEAD.search(line, max(0, match.start() - LONGEST_INITIAL), match.start())
    is_initial = ahead is not None and ahead[1] != first[:1].upper()
    return is_initial or _INITIAL_BEHIND.match(line, match.end()) is not None or _is_set_apart(first, match)


def _is_set_apart(first: str, match: re.Match[str]) -> bool:
    """Whether the word is in another case than the name ahead of it: "NELSON Pryce"."""
    *_, ahead = match.string[: match.start()].split() or [""]
    return ahead.casefold() == first.casefold() and _differ_in_case(ahead, match[0])


def _differ_in_case(first: str, last: str) -> bool:
    return first.isupper() != last.isupper() and min(len(first), len(last)) > 2


def _drop_last(name: str, *, alone: set[str], surnames: frozenset[str]) -> str:
    if not _may_hold_surname(name):
        return name
    *rest, last = name.split()
    first = " ".join(rest)
    if identity.fold_scanned(last) in alone and identity.fold_scanned(first) not in alone:
        return last  # "Lisnaboe Tadhg", elsewhere Tadhg
    is_known = identity.fold_name(last) in surnames or identity.fold_scanned(first) in alone or _is_common(first, last)
    return first if len(first) > 1 and (is_known or _differ_in_case(first, last)) else name


def _is_common(first: str, last: str) -> bool:
    """Whether an animal's most likely own name stands ahead of a word that is no part of one: "Gus Hargreave"."""
    folded = identity.fold_name(last)
    is_part = folded in labels.PET_NAMES or folded in labels.PET_NAME_ENDS
    return identity.fold_name(first) in labels.PET_NAMES and len(folded) >= SHORTEST_SURNAME and not is_part


def _list_full_names(names: Iterable[str]) -> Mapping[str, set[str]]:
    """Names of several words by what is short for them: "t tot" for Tater Tot, "ouragan" for Ouragan du Marais."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name in names:
        first, *rest = name.split() or [""]
        if not rest or _INITIALS.fullmatch(first):
            continue
        folded = identity.fold_scanned(name)
        found[f"{folded[0]} {folded.partition(' ')[2]}"].setdefault(folded, name)
        if _TITLED_NAME.match(name) and len(rest) == 1:
            found[folded.partition(" ")[2]].setdefault(folded, name)
        if rest[0].casefold() in _PARTICLES:
            found[identity.fold_scanned(first)].setdefault(folded, name)
    return {short: set(full.values()) for short, full in found.items()}


def _spell_out(name: str, full: Mapping[str, set[str]]) -> str:
    """The full name of "T Tot", where one animal of the file is called Tater Tot; of Ouragan that of its pedigree."""
    first, _, last = name.partition(" ")
    fitting = full.get(identity.fold_scanned(name), set()) if not last or _INITIALS.fullmatch(first) else set()
    return min(fitting) if len(fitting) == 1 else name
