"""What a backfill is going to take, before anything is submitted: files, calls, tokens, money, and what budgets say.

Files are cut into windows as their jobs would cut them. Windows whose answer the clinic has cost nothing, nor do those
that are in a file before, too. Of many files some are looked at, spread evenly over all, and the others are taken to be
like them, by their lines.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum

from documents.models import Document, Segmentation, Upload
from documents.operations.texts import NoText, load_text
from documents.queries import find_decided
from jobs.domain.backfills import RULES, Criteria
from jobs.domain.budgets import day_of
from jobs.domain.estimating import estimate_for_rules
from jobs.domain.expecting import Expected, Past, add_up, expect_reading
from jobs.estimates import price_calls
from jobs.llm.client import EngineChoice
from jobs.llm.configured import ChosenEngine
from jobs.models import Attempt, Budget
from jobs.operations.backfill_choice import find_uploads
from jobs.operations.estimating import choose_for_clinic, plan_in_full
from jobs.spending import read_states
from pennie.accounts.models import Clinic

LINES_LOOKED_AT: Final = 100_000  # of all clinics together: some ten seconds
_AT_ONCE: Final = 500  # rows of one query


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What reading a clinic's files again would take."""

    clinic: Clinic
    criteria: Criteria  # of the files, with what the clinic adds
    engine: ChosenEngine
    model: str | None  # None: the rules
    files: int
    lines: int
    documents: int  # that these files have now
    decided: int  # files in which staff decided something
    spared: int  # files left out, because a model read them and only the rules could read them now
    looked_at: int  # files that the figures below were found from
    expected: Expected
    past_usd: Decimal  # what was spent on the files that were looked at, for all files alike


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetOutlook:
    """A budget beside what is expected to be spent of it."""

    budget: Budget
    left_usd: Decimal
    expected_usd: Decimal | None  # None: the price is unknown

    @property
    def is_enough(self) -> bool:
        return self.expected_usd is not None and self.expected_usd <= self.left_usd


def forecast(
    *,
    clinics: Sequence[Clinic],
    criteria: Criteria,
    engine: EngineChoice,
    now: datetime,
    in_full: bool = False,
    on_file: Callable[[], None] = lambda: None,
) -> list[Forecast]:
    """For each of the clinics that has such files. `in_full`: every file is looked at. `on_file` is called after each
    that was."""
    chosen = [_choose(clinic, criteria=criteria, engine=engine, now=now) for clinic in clinics]
    counted = [(each, _count(each.uploads)) for each in chosen]
    total = sum(counts["lines"] for _, counts in counted)
    step = 1 if in_full else max(1, -(-total // LINES_LOOKED_AT))
    return [
        _foresee(each, counts=counts, step=step, now=now, on_file=on_file)
        for each, counts in counted
        if counts["files"] or each.spared
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chosen:
    clinic: Clinic
    criteria: Criteria
    engine: ChosenEngine
    uploads: QuerySet[Upload]
    spared: int


def _choose(clinic: Clinic, *, criteria: Criteria, engine: EngineChoice, now: datetime) -> _Chosen:
    """Nobody who asked for any engine meant that the rules take a model's place."""
    chosen = choose_for_clinic(engine=engine, clinic=clinic)
    spares = chosen == "rules" and engine == "auto"
    uploads = find_uploads(clinic_id=clinic.pk, criteria=criteria, before=now)
    kept = replace(criteria, spares_model_reads=True) if spares else criteria
    if not spares:
        return _Chosen(clinic=clinic, criteria=kept, engine=chosen, uploads=uploads, spared=0)
    by_rules = find_uploads(clinic_id=clinic.pk, criteria=kept, before=now)
    spared = uploads.count() - by_rules.count()
    return _Chosen(clinic=clinic, criteria=kept, engine=chosen, uploads=by_rules, spared=spared)


def _count(uploads: QuerySet[Upload]) -> Mapping[str, int]:
    counts: Mapping[str, int] = uploads.order_by().aggregate(files=Count("pk"), lines=Sum("line_count", default=0))
    return counts


def _foresee(
    chosen: _Chosen, *, counts: Mapping[str, int], step: int, now: datetime, on_file: Callable[[], None]
) -> Forecast:
    ids = list(chosen.uploads.values_list("pk", flat=True))
    current = Segmentation.objects.filter(pk__in=chosen.uploads.order_by().values("current_segmentation"))
    looked_at = _look_at(ids[::step], chosen=chosen, now=now, on_file=on_file)
    lines = sum(each.lines for each in looked_at)
    share = counts["lines"] / lines if lines else 1.0
    expected = add_up(each.expected for each in looked_at)
    past = sum((each.past_usd for each in looked_at), Decimal(0))
    return Forecast(
        clinic=chosen.clinic,
        criteria=chosen.criteria,
        engine=chosen.engine,
        model=None if chosen.engine == RULES else settings.OPENAI_MODEL,
        files=counts["files"],
        lines=counts["lines"],
        documents=Document.objects.filter(segmentation__in=current).count(),
        decided=find_decided(current).count(),
        spared=chosen.spared,
        looked_at=len(looked_at),
        expected=expected if share == 1.0 else expected.scale(share),
        past_usd=past * Decimal(share),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _LookedAt:
    lines: int
    expected: Expected
    past_usd: Decimal


def _look_at(ids: Sequence[UUID], *, chosen: _Chosen, now: datetime, on_file: Callable[[], None]) -> list[_LookedAt]:
    found, foreseen = [], set[str]()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        pasts = _read_pasts(some)
        for upload in Upload.objects.filter(pk__in=some).order_by("id").iterator():
            past = pasts.get(upload.pk)
            expected = _expect(upload, chosen=chosen, past=past, foreseen=foreseen, now=now)
            past_usd = past.cost_usd if past else Decimal(0)
            found.append(_LookedAt(lines=upload.line_count or 0, expected=expected, past_usd=past_usd))
            on_file()
    return found


def _expect(upload: Upload, *, chosen: _Chosen, past: Past | None, foreseen: set[str], now: datetime) -> Expected:
    if chosen.engine == RULES:
        return expect_reading(estimate=estimate_for_rules(lines=upload.line_count or 0, windows=0), past=None)
    try:
        text = load_text(upload=upload)
    except NoText:  # purged since
        return Expected()
    plan = plan_in_full(
        text=text, engine="openai", clinic=chosen.clinic, now=now, upload_id=upload.pk, foreseen=foreseen
    )
    assert plan.estimate is not None  # of a text that is known
    expected = expect_reading(estimate=plan.estimate, past=past)
    cost = price_calls(
        calls=expected.calls,
        input_tokens=expected.input_tokens,
        cached_input_tokens=expected.cached_input_tokens,
        cache_write_tokens=expected.cache_write_tokens,
        output_tokens=expected.output_tokens,
        now=now,
    )
    return replace(expected, cost_usd=cost)


def _read_pasts(ids: Sequence[UUID]) -> Mapping[UUID, Past]:
    """What the calls about each file came to, in one query."""
    calls = Attempt.objects.filter(job__upload__in=ids, state=Attempt.State.SETTLED).order_by()
    rows = calls.values(upload=F("job__upload_id")).annotate(
        window_calls=Count("pk", filter=Q(purpose="window", failure="")),
        calls=Count("pk"),
        input=Sum("input_tokens", default=0),
        cached=Sum("cached_input_tokens", default=0),
        written=Sum("cache_write_tokens", default=0),
        output=Sum("output_tokens", default=0),
        cost=Sum("cost_usd", default=Decimal(0)),
    )
    return {
        row["upload"]: Past(
            window_calls=row["window_calls"],
            calls=row["calls"],
            input_tokens=row["input"],
            cached_input_tokens=row["cached"],
            cache_write_tokens=row["written"],
            output_tokens=row["output"],
            cost_usd=row["cost"],
        )
        for row in rows
    }


def compare_budgets(*, forecasts: Iterable[Forecast], now: datetime) -> list[BudgetOutlook]:
    """Each budget that the calls would be counted on: those of the clinics, and the ones of all. No user's: nobody in
    particular asks for a backfill. And not that of each upload."""
    expected = {each.clinic.pk: each.expected for each in forecasts}
    asked = Q(scope=Budget.Scope.GLOBAL) | Q(scope=Budget.Scope.CLINIC, clinic__in=list(expected))
    budgets = list(Budget.objects.filter(asked).select_related("clinic").order_by("id"))
    states = read_states(budgets=budgets, day=day_of(now))
    total = add_up(expected.values())
    return [
        BudgetOutlook(
            budget=each,
            left_usd=states[each.pk].left_usd,
            expected_usd=(total if each.clinic_id is None else expected[each.clinic_id]).cost_usd,
        )
        for each in budgets
    ]
