"""Ledger and checkpoints of a job as rows, written under its lease (jobs.llm.ledger, jobs.llm.checkpoints).

What comes back from the provider is kept even by a worker that has lost its job meanwhile: it is paid for, and true
whoever asked. What it may not do any more is ask. Of a file that was purged meanwhile only the cost is kept.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings as configured
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from documents.domain.findings import Finding, UnreadableFinding, read_finding, write_finding
from jobs.domain.budgets import round_cost
from jobs.domain.pricing import estimate_price
from jobs.domain.retries import FailureKind
from jobs.leases import Lease
from jobs.llm import budget, ledger
from jobs.llm.checkpoints import TooLong
from jobs.llm.client import Question, Reply
from jobs.llm.configured import find_own_price
from jobs.models import Attempt, Job, WindowCheckpoint
from jobs.outages import may_pass
from pennie.lib.ids import new_id

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_PATIENCE_SECONDS = 30.0  # with a database that is away: a restart takes seconds
_PAUSE_SECONDS = 0.25

# As SQL, since each call to the model needs them: to build such a statement takes Django longer than it runs.
_LOCK_UPLOAD = "SELECT 1 FROM documents_upload WHERE id = %s AND purged_at IS NULL FOR NO KEY UPDATE"
# In place of an answer that has expired, or that another job asked for at the same moment. That a question is too long
# takes no answer's place.
_KEEP_ANSWER = """
INSERT INTO jobs_windowcheckpoint (id, clinic_id, question_key, upload_id, job_id, finding, failure, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (clinic_id, question_key) DO UPDATE
SET upload_id = excluded.upload_id, job_id = excluded.job_id, finding = excluded.finding, failure = excluded.failure,
    created_at = excluded.created_at
WHERE excluded.failure = '' OR jobs_windowcheckpoint.failure <> ''
"""


class StoredCheckpoints:
    """Answers that the clinic has paid for, by question (I3)."""

    def __init__(self, *, lease: Lease) -> None:
        self._lease = lease

    def get(self, key: str) -> Finding | TooLong | None:
        row = _persist(lambda: self._rows().filter(question_key=key).values_list("finding", "failure").first())
        if row is None:
            return None
        finding, failure = row
        if failure:
            return TooLong(failure=failure)
        try:
            return read_finding(finding)
        except UnreadableFinding:  # of an older release: asked again
            _persist(lambda: self._rows().filter(question_key=key).delete())
            return None

    def put(self, key: str, finding: Finding | TooLong) -> None:
        """Keep the answer, and with it that the job gets on: no crash before this one counts any more."""
        _persist(lambda: self._put(key, finding))

    def _put(self, key: str, finding: Finding | TooLong) -> None:
        job = self._lease.job
        answer, failure = ("", finding.failure) if isinstance(finding, TooLong) else (write_finding(finding), "")
        with transaction.atomic(savepoint=False):  # in that of StoredLedger.settle, where there is one
            if job.crashes:
                ours = Job.objects.filter(pk=job.pk, fence=self._lease.fence, state="processing")
                self._lease.noticed.lost |= not ours.update(crashes=0)
                transaction.on_commit(self._lease.forget_crashes)
            with connection.cursor() as cursor:
                cursor.execute(
                    _KEEP_ANSWER,
                    [new_id(), job.clinic_id, key, job.upload_id, job.pk, answer, failure, timezone.now()],
                )

    def _rows(self) -> Any:
        """The clinic's answers that have not expired, whether or not the expired ones were tidied away."""
        oldest = timezone.now() - timedelta(days=configured.ANSWERS_KEPT_DAYS)
        return WindowCheckpoint.objects.filter(clinic_id=self._lease.job.clinic_id, created_at__gt=oldest)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entered:
    """A call that is on the ledger."""

    id: UUID
    held: budget.Held


class StoredLedger:
    """The calls of one run of a job, and the money that is held back for them."""

    def __init__(self, *, lease: Lease, settings: Mapping[str, Any]) -> None:
        """`settings` of the client, to be found again beside each call."""
        self._lease = lease
        self._settings = dict(settings)
        self._entered: dict[int, _Entered] = {}
        said = Attempt.objects.filter(job=lease.job).aggregate(
            last=Max("number"), cost=Sum("cost_usd", default=Decimal(0))
        )
        self._last = int(said["last"] or 0)
        self.known_cost_usd: Decimal = said["cost"]  # of the job's calls whose cost is known, those of earlier runs too

    def open(
        self,
        *,
        key: str,
        question: Question,
        model: str | None,
        started: datetime,
        reserve_usd: Decimal | None = None,
    ) -> ledger.Attempt:
        """Raises LeaseLost: who no longer has the job makes no call for it. Raises OverBudget (jobs.llm.budget), a
        Closed."""
        self._lease.check()
        attempt = ledger.Attempt(
            number=self._last + 1,
            question_key=key,
            purpose=question.purpose,
            window_index=question.window.index,
            model=model,
            started=started,
        )
        amount = self._estimate(question, model=model, at=started) if reserve_usd is None else reserve_usd
        try:
            entered = self._persist_open(attempt, question=question, amount_usd=amount)
        except budget.OverBudget as refusal:
            budget.tell_refusal(refusal=refusal, now=started)
            raise
        self._last, self._entered[attempt.number] = attempt.number, entered
        return attempt

    def _estimate(self, question: Question, *, model: str | None, at: datetime) -> Decimal | None:
        """What the call may cost at most; None: unknown."""
        return estimate_price(
            model=model or "",
            base_url=str(self._settings.get("server", "")),
            characters=question.characters,
            max_output_tokens=question.max_output_tokens,
            at=at,
            own_price=find_own_price(),
        )

    def _persist_open(self, attempt: ledger.Attempt, *, question: Question, amount_usd: Decimal | None) -> _Entered:
        row_id = new_id()
        entered: _Entered | None = None

        def write() -> _Entered:
            nonlocal entered
            if entered is not None and Attempt.objects.filter(pk=row_id).exists():
                return entered  # committed by a try whose answer was lost
            with transaction.atomic():
                self._lease.lock()
                held = budget.reserve(job=self._lease.job, amount_usd=amount_usd, now=attempt.started)
                self._insert(row_id, attempt=attempt, question=question, reserved_usd=held.amount_usd)
                entered = _Entered(id=row_id, held=held)
            return entered

        return _persist(write)

    def _insert(
        self, row_id: UUID, *, attempt: ledger.Attempt, question: Question, reserved_usd: Decimal | None
    ) -> None:
        job = self._lease.job
        Attempt.objects.create(
            id=row_id,
            clinic_id=job.clinic_id,
            job=job,
            fence=self._lease.fence,
            number=attempt.number,
            purpose=attempt.purpose,
            window_index=attempt.window_index,
            first_line=question.window.first_line,
            last_line=question.window.last_line,
            question_key=attempt.question_key,
            configuration={
                **self._settings,
                "prompt_version": question.prompt_version,
                "schema": question.schema_name,
                "max_output_tokens": question.max_output_tokens,
            },
            request=_storable(question.content),
            model=attempt.model or "",
            reserved_usd=reserved_usd,
            started_at=attempt.started,
        )

    def settle(
        self,
        *,
        attempt: ledger.Attempt,
        reply: Reply | None,
        failure: FailureKind | None,
        keep: Callable[[], None] | None = None,
    ) -> ledger.Attempt:
        """Also of a job that another has taken over: what a call cost is so whoever has it."""
        settled = ledger.settle_attempt(attempt=attempt, reply=reply, failure=failure)
        _persist(lambda: self._settle(settled, answer=reply.text if reply else "", keep=keep))
        self.known_cost_usd += round_cost(settled.cost_usd or Decimal(0))
        return settled

    def _settle(self, settled: ledger.Attempt, *, answer: str, keep: Callable[[], None] | None) -> None:
        entered, usage = self._entered[settled.number], settled.usage
        with transaction.atomic():
            is_purged = (bool(answer) or keep is not None) and _is_purged(upload_id=self._lease.job.upload_id)
            if keep is not None and not is_purged:
                keep()
            held = {} if settled.stays_held or entered.held.amount_usd is None else {"reserved_usd": 0}
            is_first = Attempt.objects.filter(pk=entered.id, state=Attempt.State.SENT).update(
                state=settled.state,
                failure=settled.failure or "",
                answer="" if is_purged else _storable(answer),
                model=settled.model or "",
                input_tokens=usage.input_tokens if usage else None,
                cached_input_tokens=usage.cached_input_tokens if usage else None,
                cache_write_tokens=usage.cache_write_tokens if usage else None,
                output_tokens=usage.output_tokens if usage else None,
                cost_usd=None if settled.cost_usd is None else round_cost(settled.cost_usd),
                latency_seconds=settled.latency_seconds,
                provider_request_id=(settled.request_id or "")[:200],
                settled_at=timezone.now(),
                **held,
            )
            if is_first:  # else it was committed by a try whose answer was lost
                budget.settle(
                    held=entered.held,
                    cost_usd=settled.cost_usd,
                    usage=usage,
                    came_back=settled.state == "settled",
                    stays_held=settled.stays_held,
                )


def _is_purged(*, upload_id: UUID) -> bool:
    """Whether the upload was purged. Where it was not, none can purge it before the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_UPLOAD, [upload_id])
        return cursor.fetchone() is None


def _storable(text: str) -> str:
    """What PostgreSQL can hold: without NUL and lone surrogates, which a model may well answer."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _persist(write: Callable[[], Result]) -> Result:
    """Do it, again and again while the database is away: the provider's answer must not be lost for that.

    `write` must bear being done twice: a commit whose confirmation was lost has happened.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return write()
        except DatabaseError as error:
            if not may_pass(error) or connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("The database is away: %s. Trying again.", type(error).__name__)
            connection.close()
            time.sleep(_PAUSE_SECONDS)
