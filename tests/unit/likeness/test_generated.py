"""Links on generated records: no two documents are taken for one, and most copies are found."""

from collections import Counter

import pytest

from tests.copies import judge_layout

RIGHT = {"one": {"linked", "proposed same"}, "amended": {"proposed supersedes"}}


@pytest.mark.parametrize("layout", ["lab_pages", "practice_export", "shelter_forms", "mail_threads"])
def test_no_document_is_taken_for_another(layout: str) -> None:
    counts = Counter(
        (kind, truth, verdict) for kind, truth, verdict, _, _ in judge_layout(layout, seeds=range(401, 402))
    )
    false = {case: count for case, count in counts.items() if case[1] == "two" and case[2] in RIGHT["one"]}
    assert false == {}
    copies = {case: count for case, count in counts.items() if case[1] == "one"}
    found = sum(count for case, count in copies.items() if case[2] in RIGHT["one"])
    assert found >= 0.9 * sum(copies.values())
