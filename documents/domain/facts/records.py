"""One patient's observations as facts: repeated ones folded, conflicts kept and shown, the current value first."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.domain.facts import contacts, labels
from documents.domain.facts.histories import list_history
from documents.domain.facts.numbers import DOUBTFUL_DIGIT
from documents.domain.facts.observed import Fact, Observation, make_fact, rank_source
from documents.domain.facts.people import names_less
from documents.domain.facts.typed import Scalar, Value
from documents.domain.findings import CLINICAL, FACT_FIELDS, SERIES, SINGLE_VALUED, FactField
from documents.domain.lines import fold
from patients.domain import identity, species

JUMP = 0.25  # share by which a weight may differ from the one before it without a flag
OFTEN = 2  # documents that name an owner, from which another of one document is doubted
SAME_DAY = 0.05  # share by which two weights of one day may differ: two scales, rounding, conversion


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A field that has one value in life and several on paper."""

    field: FactField
    lines: tuple[int, ...]  # of the best source of each value

    def describe(self) -> str:
        return f"{len(self.lines)} values of {self.field} (lines {', '.join(map(str, self.lines))})"


@dataclass(frozen=True, kw_only=True, slots=True)
class PatientRecord:
    """A patient of the file; `name` is None for the record of facts that belong to nobody known."""

    name: str | None
    facts: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...] = ()


def build_record(
    *, name: str | None, observations: Sequence[Observation], may_be_neutered: bool = False
) -> PatientRecord:
    """The facts in the order of FACT_FIELDS, a field's current value first, a series by date.

    `may_be_neutered`: what says that the animal is intact is no current value, as its papers tell of neutering.

    What has a doubtful digit comes last: it is shown, conflicts with nothing, and is never current.
    """
    by_field: defaultdict[FactField, list[Observation]] = defaultdict(list)
    doubtful = [one for one in observations if DOUBTFUL_DIGIT in one.value.flags and one.value.field not in CLINICAL]
    for observation in observations:
        if observation not in doubtful:
            by_field[observation.value.field].append(observation)
    if "species" not in by_field:
        by_field["species"].extend(_derive_species(by_field["breed"]))
    kind = _kind(by_field["species"])
    if kind == "horse":  # "M" is a mare or a male
        by_field["sex"] = [one for one in by_field["sex"] if one.claim.raw.strip() not in ("M", "m")]
    owners = frozenset(str(observation.value.value) for observation in by_field["owner"])
    facts: list[Fact] = []
    conflicts: list[Conflict] = []
    for field in FACT_FIELDS:
        if field in CLINICAL:
            facts.extend(list_history(field=field, observations=by_field[field]))
            continue
        if field in SERIES:
            facts.extend(_series(field, by_field[field], kind))
            continue
        values = _rank(_group(field, by_field[field], owners))
        if field == "owner":
            values = _drop_rare(values)
        clash = (
            name is not None
            and field in SINGLE_VALUED
            and len(values) > 1
            and not _was_neutered_later(values, may_be_neutered)
        )
        stated = _state(values, flag="conflict" if clash else None)
        is_past = field == "neutered" and may_be_neutered
        facts.extend(replace(one, is_current=False) if is_past and one.value is False else one for one in stated)
        if clash:
            conflicts.append(Conflict(field=field, lines=tuple(sorted(group[0].claim.line for group in values))))
    facts.extend(make_fact(one, is_current=False, flags=()) for one in sorted(doubtful, key=lambda o: o.claim.line))
    return PatientRecord(name=name, facts=tuple(facts), conflicts=tuple(conflicts))


def _derive_species(breeds: Sequence[Observation]) -> list[Observation]:
    derived = []
    for breed in breeds:
        kind = species.species_of_breed(str(breed.value.value))
        if kind is not None:
            derived.append(replace(breed, value=Value(field="species", value=kind, flags=("derived",))))
    return derived


def _kind(observations: Sequence[Observation]) -> str:
    kinds = {str(observation.value.value) for observation in observations}
    return kinds.pop() if len(kinds) == 1 else ""


def _key(field: FactField, value: Scalar, owners: frozenset[str]) -> str:
    text = str(value)
    if field == "name":
        return identity.fold_scanned(identity.drop_surname(text, owners=owners))
    if field == "owner":
        return " ".join(sorted(identity.fold_scanned(part) for part in identity.owner_parts(text, initials=True)))
    if field == "owner_phone":
        return identity.phone_digits(text)
    if field == "owner_address":
        return " ".join(contacts.list_parts(text))
    if field in ("veterinarian", "clinic"):
        return identity.fold_scanned(text)
    if field == "color":
        return identity.fold_scanned(labels.spell_color(text))
    if field == "breed":
        known = species.suggest_breed(text)
        return fold(known.name if known else text)
    return fold(text)


def _group(field: FactField, observations: Sequence[Observation], owners: frozenset[str]) -> list[list[Observation]]:
    """Observations of the same value together, each group led by its best one."""
    groups: defaultdict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        groups[_key(field, observation.value.value, owners)].append(observation)
    for short in sorted(groups, key=lambda key: (len(key), key)):
        longer = [key for key in groups if key != short and _contains(field, key, short)]
        nearest = min(longer, key=lambda key: (len(key), key), default=None)
        if nearest and all(key == nearest or _contains(field, key, nearest) for key in longer):
            groups[nearest].extend(groups.pop(short))  # "merle" to "blue merle" to "blue merle / white"
    return [_lead(group) for group in groups.values()]


def _lead(group: list[Observation]) -> list[Observation]:
    """Observations of one value, the best first; a person's name as most places print it, of equally full ones."""
    forms: defaultdict[str, list[Observation]] = defaultdict(list)
    for one in group:
        forms[_form(one)].append(one)
    standing = {
        form: (-len(places), min((rank_source(one), one.claim.line) for one in places))
        for form, places in forms.items()
    }
    return sorted(group, key=lambda one: _preference(one, standing[_form(one)]))


def _form(observation: Observation) -> str:
    """A name as it is printed, in any order of its parts: with a title and without are two."""
    return " ".join(sorted(identity.fold_name(str(observation.value.value)).split()))


def _drop_rare(values: list[list[Observation]]) -> list[list[Observation]]:
    """Owners without those of one place who have nothing to do with one whom several documents name."""
    documents = [{one.document for one in group} for group in values]
    most = max(documents, key=len, default=set())
    if len(most) < OFTEN:
        return values
    leading = str(values[documents.index(most)][0].value.value)
    return [
        group
        for group, told in zip(values, documents, strict=True)
        if len(told) > 1 or identity.is_same_owner(leading, str(group[0].value.value))
    ]


_PARTS = re.compile(r"[^\W\d_]{2,}")


def _contains(field: FactField, longer: str, shorter: str) -> bool:
    """Whether the longer value says the shorter one and more: a birth year in a birth date, a surname in a name."""
    if field == "date_of_birth":
        return longer.startswith(shorter)
    if field == "owner":
        return names_less(shorter.split(), longer.split())
    if field == "owner_phone":
        return len(shorter) >= 7 and longer.endswith(shorter)
    if field == "breed":
        less, more = set(_PARTS.findall(shorter)), set(_PARTS.findall(longer))
        return bool(less) and less <= more and not (more - less) & labels.MIXED
    if field == "owner_address":
        return contacts.begins_address(shorter, longer)
    if field == "color":
        return set(_PARTS.findall(shorter)) - labels.JOIN_COLORS < set(_PARTS.findall(longer)) - labels.JOIN_COLORS
    return False


def _preference(observation: Observation, standing: tuple[object, ...]) -> tuple[object, ...]:
    """Best first: the fullest form of the value, then the best source, then the first place.

    `standing`: of an owner's name, how often and where this form of it is printed, the best first.
    """
    text = str(observation.value.value)
    fullness: tuple[object, ...] = ()
    if observation.value.field in ("name", "owner", "clinic", "veterinarian", "breed"):
        shouted = text.isupper() and (len(text) > 4 or observation.value.field == "name")
        words = len(text.split())
        fullness = ("," in text, words if observation.value.field == "name" else -words, shouted)
        if observation.value.field == "owner":
            parts = identity.owner_parts(text, initials=True)
            fullness = (-len(parts), -sum(map(len, parts)), shouted, standing, "," in text)
        if observation.value.field == "breed":
            known = species.suggest_breed(text)
            is_odd = known is None or (species.find_breed(text) is None and "(" not in text)
            fullness = (is_odd, "." in text, *fullness, -len(text))
    elif observation.value.field == "color":
        fullness = (text.isupper() and len(text) > 3, standing)
    elif observation.value.field in ("date_of_birth", "owner_phone", "owner_address"):
        fullness = (-len(text),)
    return (
        *fullness,
        rank_source(observation),
        observation.claim.line,
        observation.claim.raw,
        observation.claim.quote,
    )


def _rank(groups: list[list[Observation]]) -> list[list[Observation]]:
    """The current value first: best source, then the latest date, then the first line."""

    def order(group: list[Observation]) -> tuple[object, ...]:
        best = min(rank_source(observation) for observation in group)
        latest = max((o.date or "" for o in group if rank_source(o) == best), default="")
        return best, *(-ord(character) for character in latest.ljust(10)), group[0].claim.line, group[0].claim.raw

    return sorted(groups, key=order)


def _was_neutered_later(values: list[list[Observation]], may_be_neutered: bool) -> bool:
    """Intact first and neutered later is a life, not a conflict. The neutered state is then the current one."""
    if values[0][0].value.field != "neutered" or len(values) != 2:
        return False
    values.sort(key=lambda group: group[0].value.value is not True)
    neutered, intact = ([o.date for o in group if o.date] for group in values)
    return may_be_neutered or not (neutered and intact) or max(intact) <= max(neutered)


def _state(groups: Sequence[Sequence[Observation]], *, flag: str | None) -> list[Fact]:
    facts = []
    for position, group in enumerate(groups):
        lines = (observation.claim.line for observation in group)
        flags = (flag,) if flag else ()
        facts.append(make_fact(group[0], is_current=position == 0, flags=flags, stated_on=lines))
    return facts


def _series(field: FactField, observations: Sequence[Observation], kind: str) -> list[Fact]:
    """Each measure of each day once, by date, those without one last; jumps and unlikely weights flagged."""
    once: dict[tuple[object, ...], list[Observation]] = {}
    for observation in sorted(observations, key=lambda o: (o.date or "9999", o.claim.line, o.claim.raw)):
        value = observation.value
        once.setdefault((value.value, value.unit, observation.date), []).append(observation)
    facts: list[Fact] = []
    earlier: Observation | None = None
    for group in once.values():
        best = min(group, key=lambda o: (rank_source(o), o.claim.line, o.claim.raw, o.claim.quote))
        flags = _weight_flags(best, earlier, kind)
        lines = (o.claim.line for o in group)
        facts.append(make_fact(best, is_current=False, flags=flags, stated_on=lines))
        if best.value.kg is not None and best.date is not None:
            earlier = best
    dated = [index for index, fact in enumerate(facts) if fact.date is not None]
    if facts:
        latest = dated[-1] if dated else len(facts) - 1
        facts[latest] = replace(facts[latest], is_current=True)
    return facts


def _weight_flags(observation: Observation, earlier: Observation | None, kind: str) -> tuple[str, ...]:
    kg = observation.value.kg
    if kg is None:
        return ()
    flags: list[str] = []
    if kind and not species.is_plausible_weight(species=kind, kg=kg):
        flags.append("implausible")
    if earlier is not None and earlier.value.kg and observation.date is not None:
        change = abs(kg - earlier.value.kg) / earlier.value.kg
        if observation.date == earlier.date:
            flags.extend(["same_day"] if change > SAME_DAY else [])
        elif change > JUMP:
            flags.append("jump")
    return tuple(flags)
