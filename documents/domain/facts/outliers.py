"""What is more likely another animal's: weights that are far from all others, births behind a patient's papers."""

import datetime
from collections.abc import Sequence

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.numbers import DOUBTFUL_DIGIT
from documents.domain.facts.observed import Observation
from documents.domain.lines import fold
from patients.domain import species

LEAST_GROWTH = datetime.timedelta(days=28)  # in which an animal may come to weigh MOST_CHANGE times as much
MOST_CHANGE = 1.9  # times its next weight that an animal may weigh


def find_outliers(*, name: str, observations: Sequence[Observation], lines: Sequence[str]) -> frozenset[LocatedClaim]:
    """The claims of a patient's that are set aside."""
    return _find_late_births(observations) | _find_weights(name, observations, lines)


def _find_late_births(observations: Sequence[Observation]) -> frozenset[LocatedClaim]:
    """Birth dates behind most weights of the animal: "Pudding born 22.11.23" are her kittens."""
    weighed = sorted(one.date for one in observations if one.value.field == "weight" and one.date)
    births = [one for one in observations if one.value.field == "date_of_birth" and len(str(one.value.value)) == 10]
    if not weighed:
        return frozenset()
    return frozenset(
        one.claim
        for one in births
        if DOUBTFUL_DIGIT not in one.value.flags and str(one.value.value) > weighed[len(weighed) // 2]
    )


def _find_weights(name: str, observations: Sequence[Observation], lines: Sequence[str]) -> frozenset[LocatedClaim]:
    """The weights that are none of the patient's.

    Sorted by kilograms, weights part where one is MOST_CHANGE times the one before. Of several groups the one counts
    that the species may have, that stands on most lines which name the patient, that is told most often, that comes
    first. A lighter group whose days are LEAST_GROWTH earlier is growth and stays.
    """
    weights = [one for one in observations if one.value.field == "weight" and one.value.kg]
    groups = _part(sorted(weights, key=lambda one: one.value.kg or 0.0))
    if len(groups) < 2:
        return frozenset()
    kinds = {str(one.value.value) for one in observations if one.value.field == "species"}
    kind = kinds.pop() if len(kinds) == 1 else ""
    called = fold(name)

    def rank(group: Sequence[Observation]) -> tuple[int, int, int, int]:
        fits = all(species.is_plausible_weight(species=kind, kg=one.value.kg or 0.0) for one in group)
        named = sum(called in fold(lines[one.claim.line - 1]) for one in group)
        return (fits, named, len({one.value.value for one in group}), -min(one.claim.line for one in group))

    best = max(groups, key=rank)
    strange = [group for group in groups if group is not best and not _is_growth(group, best)]
    return frozenset(one.claim for group in strange for one in group)


def _part(weights: Sequence[Observation]) -> list[list[Observation]]:
    groups: list[list[Observation]] = []
    for one in weights:
        kg = one.value.kg or 0.0
        if groups and kg <= (groups[-1][-1].value.kg or 0.0) * MOST_CHANGE:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _is_growth(light: Sequence[Observation], heavy: Sequence[Observation]) -> bool:
    """Whether each light weight is of an earlier day than each heavy one, or of the same one where none has a day."""
    if (light[0].value.kg or 0.0) > (heavy[0].value.kg or 0.0):
        return False
    before, after = [one.date for one in light if one.date], [one.date for one in heavy if one.date]
    if len(before) < len(light) or not after:
        return False
    return datetime.date.fromisoformat(max(before)) + LEAST_GROWTH <= datetime.date.fromisoformat(min(after))
