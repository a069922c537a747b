"""Figures of records that are alike: of a layout, a family, a language; and which types are taken for which."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from documents.domain.accuracy.truth import TAGS
from jobs.evaluation.figures import all_measured
from jobs.evaluation.measuring import Evaluation


def group_evaluations(*, evaluations: Sequence[Evaluation]) -> dict[str, dict[str, list[Evaluation]]]:
    """By tag and value, each in alphabetical order, the records that have it. A tag that no record has is left out."""
    groups: dict[str, dict[str, list[Evaluation]]] = {}
    for tag in TAGS:
        by_value: dict[str, list[Evaluation]] = defaultdict(list)
        for one in evaluations:
            if one.tags and tag in one.tags:
                by_value[one.tags[tag]].append(one)
        if by_value:
            groups[tag] = dict(sorted(by_value.items()))
    return groups


def count_confusions(*, evaluations: Sequence[Evaluation]) -> dict[tuple[str, str], int]:
    """How often a document of the first type was found with exact lines and given the second."""
    counts: Counter[tuple[str, str]] = Counter()
    for measured in all_measured(evaluations):
        counts.update(measured.types)
    return dict(counts)
