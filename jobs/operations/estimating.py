"""What a clinic's file would take, by what the clinic allows and by the answers that it has already."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings

from documents.domain.lines import SourceText
from jobs.domain.estimating import Estimate, estimate_for_rules
from jobs.domain.use_limits import UNREAD, Need
from jobs.estimates import estimate_file
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.configured import ChosenEngine, choose_engine, share_openai_client
from jobs.llm.cuts import find_known_cuts
from jobs.models import WindowCheckpoint
from jobs.pipeline import PreparedFile, make_question
from pennie.accounts.models import Clinic

_UNREAD_BY_RULES: Final = Need(lines=UNREAD.lines, pages=UNREAD.pages)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a job is going to take; `estimate` is None where the file's text is not known yet."""

    need: Need
    estimate: Estimate | None


def plan_reading(
    *, text: SourceText | None, engine: EngineChoice, clinic: Clinic, now: datetime, upload_id: UUID | None = None
) -> Plan:
    """What a job of that engine takes. Of a file that is read by the job only, the least that it can take. For the
    rules engine, which asks nobody, no windows are counted."""
    chosen = choose_for_clinic(engine=engine, clinic=clinic)
    if text is None:
        nothing = estimate_for_rules(lines=0, windows=0)
        return Plan(need=UNREAD, estimate=None) if chosen == "openai" else Plan(need=_UNREAD_BY_RULES, estimate=nothing)
    if chosen == "rules":
        return _plan(text, estimate=estimate_for_rules(lines=len(text.lines), windows=0))
    return plan_in_full(text=text, engine=engine, clinic=clinic, now=now, upload_id=upload_id)


def plan_in_full(
    *,
    text: SourceText,
    engine: EngineChoice,
    clinic: Clinic,
    now: datetime,
    upload_id: UUID | None = None,
    foreseen: set[str] | None = None,
) -> Plan:
    """The same with its windows, whatever the engine; those whose answers the clinic has are asked about no more.

    They are cut as its job would cut them. `upload_id` None: the file is no upload yet. `foreseen`: of several files
    that are read one after the other, the keys of what was asked until then; those of this file are added.
    """
    chosen = choose_for_clinic(engine=engine, clinic=clinic)
    find_known = partial(find_known_cuts, clinic_id=clinic.pk, upload_id=upload_id)
    prepared = PreparedFile(text, find_known=find_known if chosen == "openai" else None)
    known: Collection[int] = ()
    if chosen == "openai":
        known = find_known_windows(prepared=prepared, clinic=clinic, now=now, foreseen=foreseen)
    return _plan(text, estimate=estimate_file(prepared=prepared, engine=chosen, known=known, now=now))


def _plan(text: SourceText, *, estimate: Estimate) -> Plan:
    need = Need(
        calls=estimate.calls,
        tokens=estimate.tokens,
        lines=len(text.lines),
        pages=text.page_count,
    )
    return Plan(need=need, estimate=estimate)


def choose_for_clinic(*, engine: EngineChoice, clinic: Clinic) -> ChosenEngine:
    """The engine that does the work; the rules too where the model cannot be asked, as then no call is made."""
    if not clinic.model_allowed:
        return "rules"
    try:
        return choose_engine(engine)
    except InvalidSetting:
        return "rules"


def find_known_windows(
    *, prepared: PreparedFile, clinic: Clinic, now: datetime, foreseen: set[str] | None = None
) -> Collection[int]:
    """The indices of the windows whose answers the clinic has paid for, and that have not expired; and of those whose
    keys are `foreseen`, to which the others' are added."""
    try:
        client = share_openai_client()
    except InvalidSetting:
        return ()
    keys = {
        make_question(window, prepared=prepared, purpose="window").key(
            model=client.model or "", settings=client.settings
        ): window.index
        for window in prepared.windows
    }
    oldest = now - timedelta(days=settings.ANSWERS_KEPT_DAYS)
    kept = WindowCheckpoint.objects.filter(clinic_id=clinic.pk, question_key__in=list(keys), created_at__gt=oldest)
    known = {keys[key] for key in kept.values_list("question_key", flat=True)}
    if foreseen is not None:
        known |= {index for key, index in keys.items() if key in foreseen}
        foreseen.update(keys)
    return known
