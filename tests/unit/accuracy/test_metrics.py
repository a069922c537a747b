"""Metrics of segmentation and facts: cases worked out by hand, and what must hold for any partition."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain.accuracy.fact_scores import (
    DATED_WEIGHT,
    align_patients,
    compare_key,
    score_facts,
    total_facts,
)
from documents.domain.accuracy.metrics import (
    Matches,
    SegmentScore,
    compare_windows,
    count_facts_without_source,
    match_boundaries,
    measure_overlap,
    score_segmentation,
    trim,
)
from documents.domain.accuracy.prediction import FoundPatient, Prediction, read_prediction
from documents.domain.accuracy.truth import Scalar, TrueDocument, TruePatient, read_truth

Spans = list[tuple[int, int]]


def truth_of(spans: Spans, **labels: Any) -> list[TrueDocument]:
    return [TrueDocument(start_line=first, end_line=last, **labels) for first, last in spans]


def prediction_of(spans: Spans, *, gaps: Spans | None = None, **words: Any) -> Prediction:
    return read_prediction(
        {
            "documents": [{"start_line": first, "end_line": last, **words} for first, last in spans],
            "gaps": [{"start_line": first, "end_line": last, "reason": "ruler"} for first, last in gaps or []],
        }
    )


def score(true: Spans, found: Spans, *, lines: list[str] | None = None) -> SegmentScore:
    lines = lines or ["words"] * max(last for _, last in true)
    return score_segmentation(lines=lines, truth=truth_of(true), prediction=prediction_of(found))


# ten lines, one long and two short documents
TEN = [(1, 4), (5, 7), (8, 10)]


class TestSegments:
    @pytest.mark.parametrize(
        ("found", "boundary", "near", "exact", "perfect"),
        [
            pytest.param(TEN, (2, 2, 2), (2, 2, 2), (3, 3, 3), True, id="all right"),
            pytest.param([(1, 4), (5, 10)], (1, 1, 2), (1, 1, 2), (1, 2, 3), False, id="two merged"),
            pytest.param([(1, 2), (3, 4), (5, 7), (8, 10)], (2, 3, 2), (2, 3, 2), (2, 4, 3), False, id="one split"),
            pytest.param([(1, 5), (6, 7), (8, 10)], (1, 2, 2), (2, 2, 2), (1, 3, 3), False, id="a line late"),
            pytest.param([(1, 6), (7, 9), (10, 10)], (0, 2, 2), (1, 2, 2), (0, 3, 3), False, id="two lines late"),
            pytest.param([(1, 10)], (0, 0, 2), (0, 0, 2), (0, 1, 3), False, id="nothing split"),
            pytest.param([(2, 4), (5, 7), (8, 10)], (2, 2, 2), (2, 2, 2), (2, 3, 3), False, id="first line left out"),
        ],
    )
    def test_starts_and_segments_are_counted(
        self,
        found: Spans,
        boundary: tuple[int, int, int],
        near: tuple[int, int, int],
        exact: tuple[int, int, int],
        perfect: bool,
    ) -> None:
        scored = score(TEN, found)

        assert scored.boundary == Matches(matched=boundary[0], found=boundary[1], true=boundary[2])
        assert scored.boundary_near == Matches(matched=near[0], found=near[1], true=near[2])
        assert scored.exact == Matches(matched=exact[0], found=exact[1], true=exact[2])
        assert scored.perfect is perfect

    def test_blank_edges_do_not_count(self) -> None:
        lines = ["a", "b", "", "\f", "c", " ", ""]

        scored = score([(1, 2), (5, 5)], [(1, 3), (4, 7)], lines=lines)

        assert scored.perfect
        assert scored.boundary.f1 == 1.0

    def test_a_page_break_before_words_is_no_blank_line(self) -> None:
        assert trim((1, 3), lines=["", "\fwords", "\f"]) == (2, 2)

    def test_a_span_without_words_keeps_its_last_line(self) -> None:
        assert trim((1, 3), lines=["", "", ""]) == (3, 3)

    def test_documents_are_put_in_order_before_the_first_start_is_left_out(self) -> None:
        scored = score(TEN, [TEN[2], TEN[0], TEN[1]])

        assert scored.boundary == Matches(matched=2, found=2, true=2)


@pytest.mark.parametrize(
    ("matches", "precision", "recall", "f1"),
    [
        pytest.param((2, 4, 3), 0.5, 2 / 3, 4 / 7, id="some"),
        pytest.param((0, 0, 0), 1.0, 1.0, 1.0, id="nothing to find, nothing found"),
        pytest.param((0, 0, 3), 0.0, 0.0, 0.0, id="nothing found"),
        pytest.param((0, 2, 0), 0.0, 0.0, 0.0, id="nothing to find"),
    ],
)
def test_precision_recall_and_f1(matches: tuple[int, int, int], precision: float, recall: float, f1: float) -> None:
    counted = Matches(matched=matches[0], found=matches[1], true=matches[2])

    assert (counted.precision, counted.recall) == (precision, recall)
    assert counted.f1 == pytest.approx(f1)


@pytest.mark.parametrize(
    ("true", "found", "matched"),
    [
        pytest.param({5}, {4, 6}, 1, id="one true start takes one of two"),
        pytest.param({5, 6}, {4, 5}, 2, id="both a line off"),
        pytest.param({5, 7}, {6}, 1, id="one found start serves one"),
        pytest.param({5}, {7}, 0, id="out of reach"),
    ],
)
def test_starts_within_one_line_pair_one_to_one(true: set[int], found: set[int], matched: int) -> None:
    assert match_boundaries(true=true, found=found, tolerance=1).matched == matched


@pytest.mark.parametrize(
    ("found", "matched", "iou"),
    [
        pytest.param(TEN, 3, 3.0, id="all right"),
        pytest.param([(1, 4), (5, 10)], 1, 1.0, id="half is not more than half"),
        pytest.param([(1, 5), (6, 7), (8, 10)], 3, 4 / 5 + 2 / 3 + 1.0, id="a line late"),
        pytest.param([(1, 10)], 0, 0.0, id="nothing split"),
    ],
)
def test_segments_match_above_half_an_overlap(found: Spans, matched: int, iou: float) -> None:
    overlap = measure_overlap(true=TEN, found=found)

    assert overlap.matched == matched
    assert overlap.iou == pytest.approx(iou)
    assert overlap.rq == pytest.approx(2 * matched / (3 + len(found)))
    assert overlap.sq == pytest.approx(iou / matched if matched else 0.0)
    assert overlap.pq == pytest.approx(overlap.rq * overlap.sq)


@pytest.mark.parametrize(
    ("found", "windowdiff", "pk"),
    [
        # Ten lines, three documents: k = round(10 / 6) = 2, so eight windows, from lines (1, 3] to (8, 10].
        pytest.param({5, 8}, 0.0, 0.0, id="all right"),
        pytest.param({5}, 2 / 8, 2 / 8, id="one missing"),  # (6, 8] and (7, 9] hold the start at 8
        pytest.param({5, 6, 8}, 2 / 8, 1 / 8, id="one too many"),  # (4, 6]: two for one; (5, 7]: one for none
        pytest.param({6, 8}, 2 / 8, 2 / 8, id="a line late"),  # (3, 5] misses, (5, 7] invents
    ],
)
def test_windows_are_compared(found: set[int], windowdiff: float, pk: float) -> None:
    assert compare_windows(true={5, 8}, found=found, line_count=10, documents=3) == (windowdiff, pk)


class TestContent:
    """Types, dates and titles are looked at where the segment is exact."""

    def test_types_count_where_the_label_is_sure(self) -> None:
        truth = [
            TrueDocument(start_line=1, end_line=4, type="dental"),
            TrueDocument(start_line=5, end_line=7, type="dental", type_confident=False),
            TrueDocument(start_line=8, end_line=10, type="referral", type_confident=True),
        ]

        scored = score_segmentation(lines=["x"] * 10, truth=truth, prediction=prediction_of(TEN, type="dental"))

        assert (scored.types.part, scored.types.whole, scored.types.value) == (1, 2, 0.5)

    def test_nothing_counts_on_segments_that_are_not_exact(self) -> None:
        truth = truth_of(TEN, type="dental", date="2011-03-05", title="Recheck")

        scored = score_segmentation(
            lines=["x"] * 10, truth=truth, prediction=prediction_of([(1, 5), (6, 10)], type="dental")
        )

        assert [share.whole for share in (scored.types, scored.dates, scored.titles)] == [0, 0, 0]
        assert scored.types.value is None

    def test_a_date_is_right_to_the_day(self) -> None:
        truth = truth_of([(1, 1), (2, 2)], date="2011-03-05")
        found = read_prediction(
            {
                "documents": [
                    {"start_line": 1, "end_line": 1, "date": "2011-03-05T10:30"},
                    {"start_line": 2, "end_line": 2, "date": None},
                ]
            }
        )

        assert score_segmentation(lines=["a", "b"], truth=truth, prediction=found).dates.value == 0.5

    @pytest.mark.parametrize(
        ("printed", "found", "similarity"),
        [
            pytest.param("Lab  REPORT", "lab report", 1.0, id="case and spaces folded"),
            pytest.param("abcd", "abcx", 0.75, id="three of four letters"),
            pytest.param("Lab report", None, 0.0, id="none found"),
        ],
    )
    def test_titles_are_compared_by_likeness(self, printed: str, found: str | None, similarity: float) -> None:
        scored = score_segmentation(
            lines=["x"], truth=truth_of([(1, 1)], title=printed), prediction=prediction_of([(1, 1)], title=found)
        )

        assert scored.titles.value == pytest.approx(similarity)

    def test_a_title_that_is_not_printed_is_not_scored(self) -> None:
        truth = truth_of([(1, 1)], title="Made up", title_in_text=False)

        scored = score_segmentation(lines=["x"], truth=truth, prediction=prediction_of([(1, 1)], title="Made up"))

        assert scored.titles.value is None


@pytest.mark.parametrize(
    ("documents", "gaps", "violations"),
    [
        pytest.param([(1, 2), (5, 6)], [(3, 4)], 0, id="all covered"),
        pytest.param([(1, 2), (5, 6)], [], 1, id="a line lost, beside a blank one"),
        pytest.param([(1, 4), (4, 6)], [], 0, id="a blank line twice"),
        pytest.param([(1, 5), (5, 6)], [], 1, id="a line twice"),
        pytest.param([(1, 9)], [], 0, id="beyond the end"),
    ],
)
def test_lines_outside_or_twice_inside_are_violations(documents: Spans, gaps: Spans, violations: int) -> None:
    lines = ["a", "b", "c", "", "e", "f"]
    prediction = prediction_of(documents, gaps=gaps)

    scored = score_segmentation(lines=lines, truth=truth_of([(1, 6)]), prediction=prediction)

    assert scored.coverage_violations == violations


@st.composite
def partitions(draw: st.DrawFn, *, line_count: int) -> Spans:
    starts = sorted(draw(st.sets(st.integers(2, line_count), max_size=12)) | {1}) if line_count > 1 else [1]
    return [(first, after - 1) for first, after in zip(starts, [*starts[1:], line_count + 1], strict=True)]


@st.composite
def scored_files(draw: st.DrawFn) -> tuple[list[str], Spans, Spans]:
    lines = draw(st.lists(st.sampled_from(["words", "", "\f", "more words"]), min_size=1, max_size=60))
    return lines, draw(partitions(line_count=len(lines))), draw(partitions(line_count=len(lines)))


class TestAnyPartition:
    @given(scored_files())
    def test_a_perfect_prediction_is_perfect_by_every_metric(self, file: tuple[list[str], Spans, Spans]) -> None:
        lines, spans, _ = file
        words: dict[str, Any] = {"type": "dental", "date": "2011-03-05", "title": "Recheck"}

        scored = score_segmentation(
            lines=lines, truth=truth_of(spans, **words), prediction=prediction_of(spans, **words)
        )

        assert scored.boundary.f1 == scored.boundary_near.f1 == scored.exact.f1 == scored.overlap.pq == 1.0
        assert (scored.types.value, scored.dates.value, scored.titles.value) == (1.0, 1.0, 1.0)
        assert (scored.perfect, scored.windowdiff, scored.pk, scored.coverage_violations) == (True, 0.0, 0.0, 0)

    @given(scored_files())
    def test_metrics_stay_between_nought_and_one(self, file: tuple[list[str], Spans, Spans]) -> None:
        lines, true, found = file

        scored = score(true, found, lines=lines)

        counted = (scored.boundary, scored.boundary_near, scored.exact)
        rates = [rate for one in counted for rate in (one.precision, one.recall, one.f1)]
        rates += [scored.overlap.rq, scored.overlap.sq, scored.overlap.pq, scored.windowdiff, scored.pk]
        assert all(0 <= rate <= 1 for rate in rates)
        assert scored.pk <= scored.windowdiff
        assert scored.boundary.matched <= scored.boundary_near.matched

    @given(scored_files())
    def test_truth_and_prediction_change_places(self, file: tuple[list[str], Spans, Spans]) -> None:
        lines, true, found = file

        one, other = score(true, found, lines=lines), score(found, true, lines=lines)

        assert (one.boundary.precision, one.boundary.recall) == (other.boundary.recall, other.boundary.precision)
        assert one.boundary_near.matched == other.boundary_near.matched
        assert one.exact.matched == other.exact.matched
        assert one.overlap.matched == other.overlap.matched
        assert one.overlap.pq == pytest.approx(other.overlap.pq)

    @given(scored_files())
    def test_only_exact_segments_make_a_perfect_partition(self, file: tuple[list[str], Spans, Spans]) -> None:
        lines, true, found = file

        scored = score(true, found, lines=lines)

        assert scored.perfect is (scored.exact.f1 == 1.0)


def patient_of(called: str | None = None, /, **values: Any) -> FoundPatient:
    """A found patient; each value may be a list of (value, unit, date)."""
    facts = []
    for field, stated in values.items():
        for value, unit, date in stated if isinstance(stated, list) else [(stated, None, None)]:
            facts.append({"field": field, "value": value, "unit": unit, "date": date, "quote": "q"})
    return read_prediction({"patients": [{"name": called, "facts": facts}]}).patients[0]


def labels_of(**values: Any) -> TruePatient:
    labels = {"documents": [{"start_line": 1, "end_line": 1}], "patients": [values]}
    return read_truth(json.dumps(labels), line_count=1).patients[0]


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        pytest.param("breed", "Labrador  Retriever", "labrador retriever", True, id="case and spaces"),
        pytest.param("breed", "Labrador", "Labrador Mix", False, id="another breed"),
        pytest.param("owner_phone", "(555) 555-0142", "555.555.0142", True, id="phone by digits"),
        pytest.param("owner_phone", "555-0142", "555-0143", False, id="another phone"),
        pytest.param("microchip", "985 112 000 000 001", "985112000000001", True, id="chip without spaces"),
        pytest.param("neutered", True, True, True, id="booleans"),
        pytest.param("neutered", True, False, False, id="booleans differ"),
        pytest.param("weight", 65, 65.0, True, id="number of another kind"),
        pytest.param("weight", "4,1 kg", "4.1 KG", True, id="decimal comma"),
        pytest.param("weight", "65 lbs", "65 lb", True, id="spellings of a unit"),
        pytest.param("weight", "65 lb", "65 kg", False, id="another unit"),
        pytest.param("weight", 100, 1, False, id="zeros are digits"),
        pytest.param("name", "Mr. Big", "MR BIG", True, id="name without points"),
        pytest.param("name", "Big Mr", "Mr Big", False, id="name in another order"),
        pytest.param("owner", "Okafor, Tola", "Tola Okafor", True, id="surname first"),
        pytest.param("owner", "T. Okafor", "Tola Okafor", False, id="an initial"),
    ],
)
def test_values_are_compared_as_people_would(field: str, one: Scalar, other: Scalar, same: bool) -> None:
    assert (compare_key(field=field, value=one) == compare_key(field=field, value=other)) is same


class TestFacts:
    def test_each_labelled_field_counts_by_value(self) -> None:
        truth = labels_of(name="Biscuit", species="dog", breed="Beagle", microchip=None)
        found = patient_of("Biscuit", name="BISCUIT", species="cat", microchip="985112000000001", color="tan")

        fields = score_facts(truth=[truth], found=[found])

        assert fields == {
            "name": Matches(matched=1, found=1, true=1),
            "species": Matches(matched=0, found=1, true=1),
            "breed": Matches(matched=0, found=0, true=1),
            "microchip": Matches(matched=0, found=1, true=0),  # null: the text has none
        }
        assert total_facts(fields) == Matches(matched=1, found=3, true=3)

    def test_a_value_found_twice_counts_once(self) -> None:
        found = patient_of("Biscuit", name=[("Biscuit", None, None), ("biscuit", None, None)])

        assert score_facts(truth=[labels_of(name="Biscuit")], found=[found])["name"].found == 1

    def test_a_fact_without_value_asserts_nothing(self) -> None:
        found = patient_of("Biscuit", name="Biscuit", microchip=None)

        assert score_facts(truth=[labels_of(name="Biscuit", microchip=None)], found=[found])["microchip"].found == 0

    def test_weights_agree_by_number_and_unit_and_apart_from_that_by_day(self) -> None:
        weights = [
            {"value": 65, "unit": "lb", "date": "2011-03-05"},
            {"value": 63.5, "unit": "lb", "date": "2011-10-10"},
        ]
        found = patient_of(
            "Biscuit",
            name="Biscuit",
            weight=[(65, "lbs", "2011-03-05"), (63.5, "lb", None), (29.5, "kg", "2011-03-05")],
        )

        fields = score_facts(truth=[labels_of(name="Biscuit", weights=weights)], found=[found])

        assert fields["weight"] == Matches(matched=2, found=3, true=2)
        assert fields[DATED_WEIGHT] == Matches(matched=1, found=3, true=2)
        assert total_facts(fields) == Matches(matched=3, found=4, true=3)  # the weights are in it once

    def test_days_are_not_scored_where_a_label_has_none(self) -> None:
        truth = labels_of(name="Biscuit", weights=[{"value": 65, "unit": "lb"}])

        assert DATED_WEIGHT not in score_facts(truth=[truth], found=[patient_of("Biscuit", name="Biscuit")])

    def test_patients_who_have_no_partner_are_missing_or_false(self) -> None:
        truth = [labels_of(name="Biscuit", species="dog"), labels_of(name="Clementine", species="cat")]
        found = [patient_of("Biscuit", name="Biscuit", species="dog"), patient_of("Juniper", species="horse")]

        fields = score_facts(truth=truth, found=found)

        assert fields["name"] == Matches(matched=1, found=1, true=2)
        assert fields["species"] == Matches(matched=1, found=2, true=2)

    def test_what_is_on_nobodys_record_is_said_of_nobody(self) -> None:
        truth = [labels_of(name="Biscuit", species="dog"), labels_of(name="Clementine", species="cat")]
        found = [patient_of("Biscuit", name="Biscuit", species="dog"), patient_of(None, species="cat")]

        assert score_facts(truth=truth, found=found)["species"] == Matches(matched=1, found=1, true=2)

    def test_a_wrong_value_on_nobodys_record_is_false(self) -> None:
        truth = [labels_of(name="Biscuit", species="dog"), labels_of(name="Clementine", species="cat")]
        found = [patient_of("Biscuit", name="Biscuit", species="dog"), patient_of(None, species="horse")]

        assert score_facts(truth=truth, found=found)["species"] == Matches(matched=1, found=2, true=2)

    def test_an_earlier_neuter_status_that_is_superseded_says_nothing_of_the_latest(self) -> None:
        facts = [
            {"field": "name", "value": "Biscuit"},
            {"field": "neutered", "value": False, "current": False},
            {"field": "neutered", "value": True, "current": True},
        ]
        found = read_prediction({"patients": [{"name": "Biscuit", "facts": facts}]}).patients

        fields = score_facts(truth=[labels_of(name="Biscuit", neutered=True)], found=found)

        assert fields["neutered"] == Matches(matched=1, found=1, true=1)

    def test_a_value_of_the_other_patient_is_wrong(self) -> None:
        truth = [labels_of(name="Biscuit", species="dog"), labels_of(name="Clementine", species="cat")]
        found = [patient_of("Clementine", name="Clementine", species="dog"), patient_of("Biscuit", name="Biscuit")]

        assert score_facts(truth=truth, found=found)["species"].matched == 0

    def test_a_field_is_scored_only_for_the_patients_that_label_it(self) -> None:
        truth = [labels_of(name="Biscuit", color="tan"), labels_of(name="Clementine")]
        found = [patient_of("Biscuit", name="Biscuit"), patient_of("Clementine", name="Clementine", color="grey")]

        assert score_facts(truth=truth, found=found)["color"] == Matches(matched=0, found=0, true=1)

    def test_no_labelled_patient_leaves_nothing_to_score(self) -> None:
        assert score_facts(truth=[], found=[patient_of("Biscuit", name="Biscuit")]) == {}

    @given(st.lists(st.sampled_from(["Ash", "Biscuit", "Clementine", "Dodo"]), unique=True, min_size=1))
    def test_a_perfect_prediction_is_perfect_in_any_order(self, names: list[str]) -> None:
        truth = [labels_of(name=name, color=f"colour of {name}", microchip=None) for name in names]
        found = [patient_of(name, name=name, color=f"colour of {name}") for name in reversed(names)]

        total = total_facts(score_facts(truth=truth, found=found))

        assert total == Matches(matched=2 * len(names), found=2 * len(names), true=2 * len(names))


class TestAlignment:
    @pytest.mark.parametrize(
        ("truth", "found", "partners"),
        [
            pytest.param(
                [labels_of(name="Biscuit", microchip="900000000000001")],
                [patient_of("Biscuit"), patient_of("Rex", microchip="900000000000001")],
                {0: 1},
                id="the chip goes before the name",
            ),
            pytest.param(
                [labels_of(name="Biscuit"), labels_of(name="Biscuits")],
                [patient_of("Biscuits"), patient_of("Biscuit")],
                {0: 1, 1: 0},
                id="the equal name goes before the like one",
            ),
            pytest.param([labels_of(name="Clementine")], [patient_of("Clementin")], {0: 0}, id="a misread name"),
            pytest.param([labels_of(name="Biscuit")], [patient_of("Rex", owner="A B")], {}, id="a stranger"),
            pytest.param([labels_of(species="cat")], [patient_of(None, species="cat")], {0: 0}, id="by values alone"),
            pytest.param(
                [labels_of(name="Biscuit", species="dog"), labels_of(name="Biscuit", species="cat")],
                [patient_of("Biscuit", species="cat"), patient_of("Biscuit", species="dog")],
                {0: 1, 1: 0},
                id="namesakes by what else is equal",
            ),
        ],
    )
    def test_patients_find_their_partners(
        self, truth: list[TruePatient], found: list[FoundPatient], partners: dict[int, int]
    ) -> None:
        assert align_patients(truth=truth, found=found) == partners


@pytest.mark.parametrize(
    ("quote", "lost"),
    [
        pytest.param("Weight: 65 LB", 0, id="case"),
        pytest.param("weight:\n65   lb", 0, id="white space"),
        pytest.param("lb on the", 0, id="over a line's end"),
        pytest.param("Weight: 66 lb", 1, id="other words"),
        pytest.param("", 1, id="empty"),
        pytest.param(None, 1, id="none"),
    ],
)
def test_facts_need_their_words_in_the_text(quote: str | None, lost: int) -> None:
    patients = read_prediction({"patients": [{"facts": [{"field": "weight", "value": 65, "quote": quote}]}]}).patients

    assert count_facts_without_source(lines=["Weight:  65 lb", "on the day"], patients=patients) == lost
