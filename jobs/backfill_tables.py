"""Backfills as `manage.py reprocess` prints them: what one is going to take, and how those stand that there are."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobs.domain.backfills import BACKFILL_WORDS, describe_criteria, read_criteria
from jobs.domain.costs import show_usd
from jobs.domain.expecting import Expected, add_up
from jobs.domain.pacing import Pace
from jobs.domain.state_words import say_state
from jobs.models import Backfill, Budget
from jobs.operations.backfill_forecast import BudgetOutlook, Forecast
from jobs.operations.backfill_progress import BackfillProgress
from jobs.terminal import show_plain

_FIGURES: Final = ("files", "documents", "windows", "known", "calls", "tokens in", "tokens out", "cost", "spent so far")


def print_forecasts(
    forecasts: Sequence[Forecast], *, budgets: Sequence[BudgetOutlook], pace: Pace, console: Console
) -> None:
    """A line for each clinic, and what has to be known before it is begun."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=len(forecasts) > 1)
    total = add_up(each.expected for each in forecasts)
    past = sum((each.past_usd for each in forecasts), Decimal(0))
    files, documents = sum(each.files for each in forecasts), sum(each.documents for each in forecasts)
    footers = ["together", *_figures(files, documents, total, past)]
    table.add_column("clinic", footer=footers[0], overflow="fold")
    for name, footer in zip(_FIGURES, footers[1:], strict=True):
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    for each in forecasts:
        figures = _figures(each.files, each.documents, each.expected, each.past_usd)
        table.add_row(Text(show_plain(each.clinic.name)), *figures)
    console.print(table)
    for sentence in _say_forecasts(forecasts, budgets=budgets, pace=pace, total=total):
        console.print(sentence, markup=False, soft_wrap=True)


def _figures(files: int, documents: int, expected: Expected, past_usd: Decimal) -> list[str]:
    counts = (files, documents, expected.windows, expected.known_windows, expected.calls)
    tokens = (expected.input_tokens, expected.output_tokens)
    return [*(f"{each:,}" for each in (*counts, *tokens)), show_cost(expected.cost_usd), show_usd(past_usd)]


def show_cost(amount: Decimal | None) -> str:
    return "unknown" if amount is None else show_usd(amount)


def _say_forecasts(
    forecasts: Sequence[Forecast], *, budgets: Sequence[BudgetOutlook], pace: Pace, total: Expected
) -> list[str]:
    said = []
    if models := sorted({each.model for each in forecasts if each.model}):
        said.append(
            f"By {show_plain(', '.join(models))}, at today's prices. Windows whose answers are known cost nothing; the "
            "others as much as these files came to before, or as is estimated where no model has read them."
        )
    if by_rules := sum(each.files for each in forecasts if each.model is None):
        said.append(f"{_files(by_rules)} by the rules engine, which asks nobody.")
    if spared := sum(each.spared for each in forecasts):
        said.append(
            f"{_files(spared)} left out: a model read them, and now only the rules could "
            "(no OPENAI_API_KEY here, or the clinic lets no model read). --engine rules takes them in all the same."
        )
    looked_at, files = sum(each.looked_at for each in forecasts), sum(each.files for each in forecasts)
    if looked_at < files:
        said.append(
            f"Found from {looked_at:,} of the files; the others are taken to be like them. --in-full looks at all."
        )
    if decided := sum(each.decided for each in forecasts):
        said.append(
            f"In {_files(decided)} staff decided something: that stays current, and what is read now is kept beside it."
        )
    if total.cost_usd is None:
        said.append("Nobody knows the price: set OPENAI_INPUT_PRICE and OPENAI_OUTPUT_PRICE to have the cost.")
    if total.calls:
        said.extend(_say_budget(each) for each in budgets)
    if pace.per_minute:
        said.append(f"At {pace.per_minute:g} a minute it takes at least {_time(60 * files / pace.per_minute)}.")
    return said


def _say_budget(outlook: BudgetOutlook) -> str:
    budget = outlook.budget
    whose = "all clinics together" if budget.clinic is None else show_plain(budget.clinic.name)
    name = f"Budget of {whose}, {Budget.Period(budget.period).label}: {show_usd(outlook.left_usd)} left of "
    head = f"{name}{show_usd(budget.amount_usd)}"
    if outlook.expected_usd is None:
        return f"{head}. No call is made while the price is unknown."
    if outlook.is_enough:
        return f"{head}: enough."
    missing = show_usd(outlook.expected_usd - outlook.left_usd)
    return f"{head}: NOT ENOUGH, {missing} are missing. Jobs then wait for budget, those that staff send as well."


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _time(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,} h {minutes:02} min"
    return f"{minutes} min {left:02} s" if minutes else f"{left} s"


def describe_forecasts(forecasts: Sequence[Forecast], *, budgets: Sequence[BudgetOutlook]) -> dict[str, Any]:
    """The same as JSON has it; money as text, so that no reader rounds it. null: the price is unknown."""
    return {
        "clinics": [
            {
                "clinic_id": str(each.clinic.pk),
                "clinic_name": each.clinic.name,
                "engine": each.engine,
                "model": each.model,
                "files": each.files,
                "lines": each.lines,
                "documents": each.documents,
                "files_with_decisions": each.decided,
                "files_left_to_models": each.spared,
                "files_looked_at": each.looked_at,
                "windows": each.expected.windows,
                "known_windows": each.expected.known_windows,
                "calls": each.expected.calls,
                "input_tokens": each.expected.input_tokens,
                "cached_input_tokens": each.expected.cached_input_tokens,
                "output_tokens": each.expected.output_tokens,
                "cost_usd": _money(each.expected.cost_usd),
                "spent_so_far_usd": _money(each.past_usd),
            }
            for each in forecasts
        ],
        "budgets": [
            {
                "budget": str(each.budget.pk),
                "clinic_id": None if each.budget.clinic_id is None else str(each.budget.clinic_id),
                "period": each.budget.period,
                "amount_usd": _money(each.budget.amount_usd),
                "left_usd": _money(each.left_usd),
                "expected_usd": _money(each.expected_usd),
                "is_enough": each.is_enough,
            }
            for each in budgets
        ],
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def print_backfills(
    backfills: Sequence[Backfill], *, progress: Mapping[UUID, BackfillProgress], console: Console
) -> None:
    """A line for each, the newest first."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("backfill", no_wrap=True)  # to be copied
    for name in ("clinic", "state", "what"):
        table.add_column(name, overflow="fold")
    for name in ("files", "under way", "failed", "spent", "expected", "got on"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in backfills:
        so_far = progress[each.pk]
        table.add_row(
            str(each.pk),
            Text(show_plain(each.clinic.name)),
            BACKFILL_WORDS[each.state],
            Text(show_plain(describe_criteria(read_criteria(each.criteria)))),
            f"{each.looked_at:,} of {each.expected_files:,}",
            f"{so_far.under_way:,}",
            f"{so_far.by_state.get('failed', 0):,}",
            show_usd(so_far.known_cost_usd),
            show_cost(each.expected_usd),
            f"{each.updated_at:%Y-%m-%d %H:%M}",
        )
    console.print(table)


def describe_run(rows: Sequence[tuple[Backfill, BackfillProgress]]) -> list[str]:
    """What has come of backfills, for people: a line for each clinic."""
    return [_describe_row(row, so_far) for row, so_far in rows]


def _describe_row(row: Backfill, so_far: BackfillProgress) -> str:
    counts = [f"{count:,} {say_state(state)}" for state, count in so_far.by_state.items()]
    if row.already_at_work:
        counts.append(f"{row.already_at_work:,} at work already for somebody else")
    if row.refused:
        counts.append(f"{row.refused:,} above a limit of one file")
    words = ", ".join(counts) or "no file was left to be read again"
    state = "" if row.state == "ended" else f" It is {BACKFILL_WORDS[row.state]}."
    spent = f"{show_usd(so_far.known_cost_usd)} spent of {show_cost(row.expected_usd)} expected"
    return f"{show_plain(row.clinic.name)}: {words}; {so_far.documents:,} documents; {spent}.{state}"
