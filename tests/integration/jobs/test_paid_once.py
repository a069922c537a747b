"""What was asked once is not asked again: the same file, a file that has grown, one with lines put in."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from documents.domain.lines import from_text
from jobs.models import Attempt, Job, WindowCheckpoint
from jobs.operations.estimating import plan_in_full
from jobs.operations.submitting import Submitted, rerun
from pennie.accounts.principal import Principal
from tests.fake_openai import API_KEY, FakeOpenAI, FaultRule, TruthAnswerer, answer_nothing, running_fake
from tests.fake_openai.records import LabelledRecord, read_record
from tests.records.generator import generate

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]

INSERTED = [f"Note added by hand, number {number}: seen again, eating well, no change." for number in range(30)]


@pytest.fixture
def silent_model(settings: Any) -> Iterator[FakeOpenAI]:
    """A model that finds nothing in any window, so that nothing but windows is asked about."""
    with running_fake(answerer=answer_nothing) as fake:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.OPENAI_API = API_KEY, fake.base_url, "responses"
        yield fake


@pytest.fixture
def truthful_model(settings: Any) -> Iterator[Callable[..., None]]:
    """A model that knows the records that it is told of. What one finds that reads nothing, the rules dispute."""
    with running_fake(answerer=answer_nothing) as fake:

        def tell(*records: LabelledRecord) -> None:
            fake.answerer = TruthAnswerer(records=records)

        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.OPENAI_API = API_KEY, fake.base_url, "responses"
        yield tell


def put_in(text: str, truth: dict[str, Any], *, behind: int, lines: list[str]) -> tuple[str, dict[str, Any]]:
    """The record with `lines` put in behind line `behind`, and its truth."""
    printed = text.split("\n")

    def move(line: int) -> int:
        return line + len(lines) if line > behind else line

    documents = [
        each | {"start_line": move(each["start_line"]), "end_line": move(each["end_line"])}
        for each in truth["documents"]
    ]
    clinical = [each | {"line": move(each["line"])} for each in truth.get("clinical", ())]
    return "\n".join([*printed[:behind], *lines, *printed[behind:]]), truth | {
        "documents": documents,
        "clinical": clinical,
    }


def calls_of(job: Job) -> int:
    return Attempt.objects.filter(job=job).count()


def test_the_same_file_again_makes_no_call(send: Send, work: Work, model: FakeOpenAI) -> None:
    first = work(send().job)
    asked = len(model.log.calls)
    assert asked >= 1
    again = send()
    assert again.upload.pk == first.upload_id
    assert work(again.job) == first
    assert len(model.log.calls) == asked


def test_analysing_again_makes_no_call(send: Send, work: Work, model: FakeOpenAI, principal: Principal) -> None:
    first = work(send().job)
    asked = len(model.log.calls)
    second = work(rerun(principal=principal, upload_id=first.upload_id, now=timezone.now()))
    assert (second.state, calls_of(second)) == ("completed", 0)
    assert len(model.log.calls) == asked


def test_a_window_that_was_had_in_two_parts_is_not_asked_as_a_whole_again(
    send: Send, work: Work, silent_model: FakeOpenAI, principal: Principal
) -> None:
    content = b"\n".join(b"Visit note, number %d: examined, weighed, nothing found." % n for n in range(60))
    silent_model.order(FaultRule(kind="truncated", nth=frozenset({1, 2})))
    first = work(send(content=content).job)
    assert (first.state, calls_of(first)) == ("completed", 4)  # twice as a whole, then each half
    kept = WindowCheckpoint.objects.order_by("failure").values_list("failure", flat=True)
    assert list(kept) == ["", "", "truncated"]
    again = work(rerun(principal=principal, upload_id=first.upload_id, now=timezone.now()))
    assert (again.state, calls_of(again)) == ("completed", 0)


def test_an_answer_that_has_expired_is_asked_for_and_kept_anew(
    send: Send, work: Work, model: FakeOpenAI, principal: Principal, settings: Any
) -> None:
    settings.ANSWERS_KEPT_DAYS = 5
    first = work(send().job)
    asked = len(model.log.calls)
    WindowCheckpoint.objects.update(created_at=timezone.now() - timedelta(days=6))
    again = work(rerun(principal=principal, upload_id=first.upload_id, now=timezone.now()))
    assert calls_of(again) == asked  # though nothing was tidied away
    third = work(rerun(principal=principal, upload_id=first.upload_id, now=timezone.now()))
    assert calls_of(third) == 0


def test_a_file_with_lines_put_in_is_estimated_by_what_will_be_asked(
    send: Send, work: Work, silent_model: FakeOpenAI, principal: Principal
) -> None:
    lines = generate(seed=14, lines=3_000)[0].split("\n")  # cut otherwise where nothing is known of the first file
    assert calls_of(work(send("a.txt", content="\n".join(lines).encode()).job)) > 5
    changed = "\n".join([*lines[:300], *INSERTED, *lines[300:]])
    plan = plan_in_full(text=from_text(changed), engine="auto", clinic=principal.clinic, now=timezone.now())
    assert plan.estimate is not None
    second = send("b.txt", content=changed.encode()).job
    assert second.estimated_calls == plan.estimate.calls
    asked = Attempt.objects.filter(job=work(second), purpose="window").count()
    assert plan.estimate.windows - plan.estimate.known_windows == asked <= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "lines", "place"), [(11, 10_000, 0.5), (11, 4_000, 0.2), (11, 4_000, 0.8), (12, 4_000, 0.5)]
)
def test_lines_put_in_are_asked_about_and_little_else(
    send: Send, work: Work, truthful_model: Callable[..., None], seed: int, lines: int, place: float
) -> None:
    text, truth = generate(seed=seed, lines=lines)
    changed, its_truth = put_in(text, truth, behind=int(text.count("\n") * place), lines=INSERTED)
    truthful_model(read_record(text=text, truth=truth), read_record(text=changed, truth=its_truth))
    first = work(send("a.txt", content=text.encode()).job)
    second = work(send("b.txt", content=changed.encode()).job)
    assert calls_of(first) > lines / 500
    assert 1 <= calls_of(second) <= 3


@pytest.mark.slow
def test_pages_added_at_the_end_are_asked_about_and_little_else(
    send: Send, work: Work, truthful_model: Callable[..., None]
) -> None:
    """By a model that knows the record: one that finds nothing is asked again wherever the rules are unsure."""
    text, truth = generate(seed=11, lines=10_000)
    changed, its_truth = put_in(text, truth, behind=len(text.split("\n")), lines=[*INSERTED, *INSERTED])
    truthful_model(read_record(text=text, truth=truth), read_record(text=changed, truth=its_truth))
    first = work(send("a.txt", content=text.encode()).job)
    second = work(send("b.txt", content=changed.encode()).job)
    assert calls_of(first) > 20
    assert 1 <= calls_of(second) <= 2
