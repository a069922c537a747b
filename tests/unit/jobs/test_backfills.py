"""What is read again, as it is kept and said, and what that is expected to take."""

from datetime import date
from decimal import Decimal

import pytest

from jobs.domain.backfills import Criteria, describe_criteria, read_criteria
from jobs.domain.estimating import Estimate
from jobs.domain.expecting import Expected, Past, add_up, expect_reading

WHOLE = Criteria(
    prompt_versions=("!v2",),
    models=("rules", "gpt-6-luna"),
    stitching_versions=("v1/r3",),
    document_types=("lab_report",),
    received_since=date(2026, 1, 1),
    received_until=date(2026, 2, 1),
    read_until=date(2026, 3, 1),
    spares_model_reads=True,
)
PAST = Past(
    window_calls=4,
    calls=6,
    input_tokens=6_000,
    cached_input_tokens=400,
    cache_write_tokens=4_000,
    output_tokens=1_200,
    cost_usd=Decimal("0.01"),
)


def estimate(*, windows: int, known: int) -> Estimate:
    asked = windows - known
    return Estimate(
        engine="openai",
        model="gpt-6-luna",
        windows=windows,
        known_windows=known,
        calls=2 * asked,
        input_tokens=3_000 * asked,
        output_tokens=900 * asked,
        cost_usd=None,
        seconds=1.0,
    )


@pytest.mark.parametrize("criteria", [Criteria(), WHOLE], ids=["none", "all"])
def test_criteria_are_kept_as_they_were(criteria: Criteria) -> None:
    assert read_criteria(criteria.to_dict()) == criteria


def test_criteria_are_said_in_words() -> None:
    assert describe_criteria(Criteria()) == "all that were read"
    assert describe_criteria(WHOLE) == (
        "read with prompt any but v2, read by rules or gpt-6-luna, stitched by v1/r3, "
        "with a document of type lab report, sent from 2026-01-01 on and before 2026-02-01, read before 2026-03-01"
    )


def test_a_file_takes_what_it_took_before_for_each_window_that_is_asked_about() -> None:
    expected = expect_reading(estimate=estimate(windows=4, known=2), past=PAST)
    assert (expected.windows, expected.known_windows, expected.calls) == (4, 2, 3)
    assert (expected.input_tokens, expected.cached_input_tokens, expected.cache_write_tokens) == (3_000, 200, 2_000)
    assert expected.output_tokens == 600


def test_a_file_whose_answers_are_all_kept_takes_nothing() -> None:
    expected = expect_reading(estimate=estimate(windows=4, known=4), past=PAST)
    assert (expected.calls, expected.input_tokens, expected.output_tokens) == (0, 0, 0)


def test_a_file_that_no_model_has_read_takes_its_estimate() -> None:
    expected = expect_reading(estimate=estimate(windows=4, known=0), past=None)
    assert (expected.calls, expected.input_tokens, expected.output_tokens) == (8, 12_000, 3_600)


def test_one_price_that_is_unknown_makes_the_sum_unknown() -> None:
    known, unknown = Expected(calls=1, cost_usd=Decimal("0.5")), Expected(calls=2, cost_usd=None)
    assert add_up([known, known]).cost_usd == 1
    assert add_up([known, unknown]) == Expected(calls=3, cost_usd=None)
    assert add_up([known, unknown]).scale(2) == Expected(calls=6, cost_usd=None)
    assert known.scale(3).cost_usd == Decimal("1.5")
