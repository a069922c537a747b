"""A job's life in any order of what can befall it: workers that come, die and come back, and people who steer."""

from collections.abc import Callable
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs.domain.states import ACTIVE
from jobs.models import Batch, Job, QueuePause, WebhookEndpoint
from jobs.operations import relaying
from jobs.operations.submitting import Submitted
from pennie.accounts.principal import Principal
from tests.factories import WebhookEndpointFactory
from tests.integration.jobs.life import STEPS, Life
from tests.integration.jobs.life_witness import Witness

pytestmark = pytest.mark.django_db(transaction=True)

# Those that lead on, more often.
OFTEN = ["claim", "claim", "claim", "pass_time", "pass_time", "hand_back", "meet_a_defect", "park", "cancel", "reap"]
WANTED: tuple[list[str], ...] = ([], ["job.failed", "job.cancelled"], ["batch.ended"])  # none chosen: all


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS + OFTEN), max_size=14))
# What is asked for by hand in each state.
@example(steps=["cancel", "cancel", "retry", "discard", "close_batch", "reap", "deliver"])
@example(steps=["claim", "cancel", "pause_queue", "pass_time", "reap", "work", "cancel"])
@example(steps=["claim", "meet_a_defect", "pause_all", "pass_time", "work", "cancel", "resume_all"])
@example(steps=["claim", "park", "cancel", "resume", "analyse_again", "work", "cancel"])
@example(steps=["claim", "park", "pause_queue", "resume", "work", "resume_queue", "work", "deliver_in_vain", "deliver"])
@example(steps=["claim", "fail", "discard", "discard", "retry", "claim", "fail", "retry_all_that_failed", "work"])
# A batch of two: one of them fails, and is retried after the batch has ended.
@example(
    steps=["send_another", "claim", "fail", "close_batch", "work", "reap", "reap", "retry_all_that_failed", "work"]
)
@example(steps=["send_another", "claim", "cancel_batch", "reap", "pass_time", "work", "reap", "lose_listeners", "reap"])
def test_whatever_befalls_a_job_its_history_is_whole_and_it_ends(
    send: Callable[..., Submitted], principal: Principal, steps: list[str]
) -> None:
    _forget_lives_before()
    for wanted in WANTED:
        WebhookEndpointFactory(clinic=principal.clinic, events=wanted)
    WebhookEndpointFactory()  # of another clinic, which is told nothing
    life = Life(send=send, principal=principal, number=Job.objects.count())
    witness = Witness(clinic=principal.clinic)
    with mock.patch.object(relaying, "publish"):
        for step in [*steps, "let_all_go_on", "bring_to_an_end"]:
            getattr(life, step)()
            witness.check(uploads=life.uploads(), cancelled=life.cancelled)
    assert not WebhookEndpoint.objects.exclude(clinic=principal.clinic).exclude(deliveries=None).exists()


def _forget_lives_before() -> None:
    """Examples share a database."""
    Job.objects.filter(state__in=ACTIVE).update(state="cancelled", lease_until=None)
    for model in (WebhookEndpoint, QueuePause, Batch):
        model.objects.all().delete()
