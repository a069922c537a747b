"""From a job's end to the receiver's server: announced once, signed, sent again, given up, replayed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from jobs.advisory_locks import WEBHOOK_LOCK, try_lock
from jobs.models import Job, WebhookDelivery, WebhookEndpoint, WebhookMessage, WebhookTry
from jobs.operations import webhooks
from jobs.operations.batching import make_batch
from jobs.operations.steering import cancel
from jobs.operations.submitting import Submitted
from jobs.operations.tidying import tidy
from jobs.webhooks import delivering
from jobs.webhooks.delivering import MOST_OF_ENDPOINT, Deliverer, take_due
from jobs.webhooks.secrets import make_secret, seal_secret
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from pennie.lib.ids import new_id
from pennie.lib.public_addresses import find_address, parse_networks
from pennie.stack.processes import wait_until
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory, WebhookMessageFactory
from tests.receiver import Receiver, answering, hanging, receiving

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Submitted]
Work = Callable[[Job], Job]
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "receive_webhooks.py"
NOW = timezone.now


@pytest.fixture(autouse=True)
def loopback_may_be_named(settings: Any) -> None:
    settings.WEBHOOK_TRUSTED_NETWORKS = parse_networks("127.0.0.0/8")
    settings.WEBHOOK_TIMEOUT_SECONDS = 10.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(answering(204)) as made:
        yield made


def make(principal: Principal, url: str, *events: str) -> webhooks.Made:
    return webhooks.make_endpoint(principal=principal, url=url, events=events, now=NOW())


def deliver() -> list[WebhookDelivery]:
    """Send what is due, as the process does; the deliveries as they stand after."""
    holder = new_id()
    taken = take_due(holder=holder, most=50)
    for each in taken:
        delivering.send(delivery_id=each, holder=holder)
    return list(WebhookDelivery.objects.filter(pk__in=taken).order_by("id"))


def test_the_end_of_a_job_is_told_signed_and_thin(
    send: Send, work: Work, principal: Principal, receiver: Receiver
) -> None:
    made = make(principal, receiver.url)
    job = work(send("befund_de.txt").job)
    (delivery,) = deliver()
    (received,) = receiver.received
    told = Webhook(made.secret).verify(received.body, received.headers)
    assert told["type"] == "job.completed"
    assert told["data"]["job"] == str(job.pk)
    assert set(told["data"]) == {"job", "upload", "state", "version", "links"}  # ids and a state, no word of the file
    assert b"befund" not in received.body
    assert received.headers["webhook-id"] == f"msg_{delivery.message_id}"
    assert (delivery.state, delivery.tries) == ("delivered", 1)
    assert WebhookTry.objects.get().failure == ""
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(received.body + b" ", received.headers)


def test_nothing_is_announced_that_did_not_come_to_be(send: Send, principal: Principal) -> None:
    WebhookEndpointFactory(clinic=principal.clinic)
    job = send("befund_de.txt").job
    with transaction.atomic():
        cancel(principal=principal, job_id=job.pk, now=NOW())
        assert WebhookMessage.objects.exists()
        transaction.set_rollback(True)
    assert not WebhookMessage.objects.exists()


def test_only_what_was_chosen_is_told_and_only_of_the_own_clinic(
    send: Send, principal: Principal, other_clinic: Clinic
) -> None:
    wants = WebhookEndpointFactory(clinic=principal.clinic, events=["job.cancelled"])
    WebhookEndpointFactory(clinic=principal.clinic, events=["job.completed"])
    WebhookEndpointFactory(clinic=principal.clinic, disabled_at=NOW(), disabled_for="asked")
    WebhookEndpointFactory(clinic=other_clinic)
    cancel(principal=principal, job_id=send("befund_de.txt").job.pk, now=NOW())
    assert [each.endpoint for each in WebhookDelivery.objects.all()] == [wants]


def test_what_was_not_received_is_sent_again_later_with_the_same_id(receiver: Receiver, principal: Principal) -> None:
    receiver.behaves = answering(503, body="restarting")
    endpoint = make(principal, receiver.url).endpoint
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    (delivery,) = deliver()
    assert (delivery.state, delivery.tries) == ("pending", 1)
    assert timedelta(seconds=3) < delivery.due_at - NOW() < timedelta(seconds=7)
    assert deliver() == []  # not before
    receiver.behaves = answering(200)
    WebhookDelivery.objects.update(due_at=NOW())
    (delivery,) = deliver()
    assert (delivery.state, delivery.tries) == ("delivered", 2)
    first, second = WebhookTry.objects.order_by("number")
    assert (first.status, first.answer, first.failure) == (503, "restarting", "status")
    assert (second.status, second.failure) == (200, "")
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert "webhook-signature" not in first.headers  # who reads the list signs nothing with it


def test_after_a_day_of_tries_it_is_given_up_and_can_be_replayed(
    receiver: Receiver, principal: Principal, settings: Any
) -> None:
    receiver.behaves = hanging
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.3
    endpoint = make(principal, receiver.url).endpoint
    delivery = webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    WebhookDelivery.objects.filter(pk=delivery.pk).update(tries=7)
    (delivery,) = deliver()
    assert (delivery.state, delivery.tries) == ("failed", 8)
    assert WebhookTry.objects.get().failure == "timed_out"
    receiver.behaves = answering(200)
    settings.WEBHOOK_TIMEOUT_SECONDS = 10.0
    again = webhooks.replay(principal=principal, endpoint_id=endpoint.pk, delivery_id=delivery.pk, now=NOW())
    assert [each.pk for each in deliver()] == [again.pk]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1


def test_a_range_is_replayed_each_message_once_the_oldest_first(principal: Principal) -> None:
    endpoint = WebhookEndpointFactory(clinic=principal.clinic)
    noon = NOW().replace(microsecond=0)
    made = [
        WebhookDeliveryFactory(endpoint=endpoint, state=state, created_at=noon + timedelta(minutes=minute))
        for minute, state in enumerate(["failed", "failed", "delivered", "pending", "failed"])
    ]
    WebhookDeliveryFactory(  # a replay of the first, which failed, too
        endpoint=endpoint,
        message=made[0].message,
        state="failed",
        is_replay=True,
        created_at=noon + timedelta(minutes=1),
    )
    WebhookDeliveryFactory(state="failed", created_at=noon)  # another's
    span = {"since": noon, "until": noon + timedelta(minutes=4)}
    asked = {"principal": principal, "endpoint_id": endpoint.pk, "states": ["failed", "pending"], "now": NOW(), **span}
    assert webhooks.replay_range(**asked) == webhooks.Replayed(replayed=2, left=0)
    replayed = WebhookDelivery.objects.filter(is_replay=True, state="pending").order_by("id")
    assert [each.message_id for each in replayed] == [made[0].message_id, made[1].message_id]
    assert webhooks.replay_range(**asked).replayed == 0  # they are on their way
    replayed.update(state="delivered")
    assert webhooks.replay_range(**asked).replayed == 0


@pytest.mark.parametrize(("since", "days", "disabled"), [(2, 3, False), (4, 3, True)])
def test_an_endpoint_that_receives_nothing_for_days_is_disabled_with_notice(
    since: int, days: int, disabled: bool, receiver: Receiver, principal: Principal, settings: Any
) -> None:
    settings.WEBHOOK_PATIENCE_DAYS, settings.SENDS_MAIL = days, True
    administrator = MembershipFactory(clinic=principal.clinic, role="admin").user
    vet = MembershipFactory(clinic=principal.clinic, role="vet").user
    receiver.behaves = answering(500)
    endpoint = make(principal, f"{receiver.url}?token=hush").endpoint
    WebhookEndpoint.objects.update(failing_since=NOW() - timedelta(days=since))
    for _ in range(3):
        webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    holder = new_id()
    taken = take_due(holder=holder, most=2)  # what waits has failed with it, what is under way ends as it does
    delivering.send(delivery_id=taken[0], holder=holder)
    assert WebhookDelivery.objects.get(pk=taken[1]).state == "pending"
    endpoint.refresh_from_db()
    assert endpoint.disabled_for == ("failing" if disabled else "")
    states = set(WebhookDelivery.objects.filter(taken_by=None).values_list("state", flat=True))
    assert states == ({"failed"} if disabled else {"pending"})
    assert len(mail.outbox) == disabled
    if disabled:
        assert set(mail.outbox[0].bcc) == {administrator.email, principal.user.email}
        assert vet.email not in mail.outbox[0].bcc
        assert "hush" not in mail.outbox[0].body


def test_410_disables_at_once_and_enabling_begins_anew(receiver: Receiver, principal: Principal) -> None:
    receiver.behaves = answering(410)
    endpoint = make(principal, receiver.url).endpoint
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliver()
    endpoint.refresh_from_db()
    assert (endpoint.disabled_for, WebhookDelivery.objects.get().state) == ("gone", "failed")
    with pytest.raises(webhooks.WebhookDisabled):
        webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    endpoint = webhooks.change_endpoint(principal=principal, endpoint_id=endpoint.pk, now=NOW(), is_enabled=True)
    assert (endpoint.disabled_at, endpoint.disabled_for, endpoint.failing_since) == (None, "", None)


def test_one_receipt_ends_a_row_of_failures(receiver: Receiver, principal: Principal) -> None:
    endpoint = make(principal, receiver.url).endpoint
    WebhookEndpoint.objects.update(failing_since=NOW() - timedelta(days=2))
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    assert endpoint.last_received_at is not None


def test_a_redirect_to_ourselves_is_not_followed(receiver: Receiver, principal: Principal) -> None:
    receiver.behaves = answering(302, headers="Location: http://127.0.0.1:1/api/v1/\r\n")
    endpoint = make(principal, receiver.url).endpoint
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliver()
    assert WebhookTry.objects.get().failure == "redirected"


def test_a_name_that_came_to_lead_to_our_network_is_not_sent_to(
    receiver: Receiver, principal: Principal, settings: Any
) -> None:
    endpoint = make(principal, receiver.url).endpoint
    settings.WEBHOOK_TRUSTED_NETWORKS = ()
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliver()
    assert receiver.received == []
    assert WebhookTry.objects.get().failure == "refused_address"


def test_for_a_day_both_secrets_sign(receiver: Receiver, principal: Principal) -> None:
    former = make(principal, receiver.url)
    new = webhooks.rotate_secret(principal=principal, endpoint_id=former.endpoint.pk, now=NOW())
    webhooks.send_test(principal=principal, endpoint_id=former.endpoint.pk, now=NOW())
    deliver()
    for secret in (former.secret, new.secret):
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    WebhookEndpoint.objects.update(former_until=NOW())
    webhooks.send_test(principal=principal, endpoint_id=former.endpoint.pk, now=NOW())
    deliver()
    Webhook(new.secret).verify(receiver.received[1].body, receiver.received[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(former.secret).verify(receiver.received[1].body, receiver.received[1].headers)


def test_no_secret_stands_in_the_database(principal: Principal, receiver: Receiver) -> None:
    made = make(principal, receiver.url)
    assert made.secret not in made.endpoint.secret
    assert made.secret.removeprefix("whsec_") not in made.endpoint.secret


def test_who_was_given_up_writes_nothing(receiver: Receiver, principal: Principal) -> None:
    """A process that stood still while another sent the same."""
    endpoint = make(principal, receiver.url).endpoint
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    holder, other = new_id(), new_id()
    (taken,) = take_due(holder=holder, most=1)
    assert take_due(holder=other, most=1) == []
    WebhookDelivery.objects.update(taken_until=NOW())  # the first has died
    assert take_due(holder=other, most=1) == [taken]
    delivering.send(delivery_id=taken, holder=other)
    delivering.send(delivery_id=taken, holder=holder)
    assert (len(receiver.received), WebhookTry.objects.count()) == (1, 1)


def test_an_endpoint_that_hangs_holds_few_places(principal: Principal) -> None:
    hangs, other = (WebhookEndpointFactory(clinic=principal.clinic) for _ in range(2))
    message = WebhookMessageFactory(clinic=principal.clinic)
    for _ in range(3 * MOST_OF_ENDPOINT):
        WebhookDeliveryFactory(endpoint=hangs, message=message, due_at=NOW() - timedelta(hours=1))
    late = WebhookDeliveryFactory(endpoint=other, message=message)
    taken = take_due(holder=new_id(), most=8)
    assert late.pk in taken
    assert len(taken) == MOST_OF_ENDPOINT + 1
    assert take_due(holder=new_id(), most=8) == []  # over all processes


def test_the_process_sends_many_at_once_and_waits_for_them_when_told_to_end(
    receiver: Receiver, principal: Principal
) -> None:
    endpoint = make(principal, receiver.url).endpoint
    for _ in range(10):
        webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliverer = Deliverer()
    wait_until(lambda: not deliverer.deliver_due() and _delivered() == 10, seconds=20)
    deliverer.close()
    assert _delivered() == 10


def _delivered() -> int:
    return WebhookDelivery.objects.filter(state="delivered").count()


def test_the_example_of_the_docs_receives_what_is_sent(send: Send, work: Work, principal: Principal) -> None:
    """As its reader would run it. Twice the same message, and one with another secret, are no news."""
    secret = make_secret()
    with subprocess.Popen(
        [sys.executable, EXAMPLE, "0"],
        env={**os.environ, "WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
    ) as example:
        assert example.stdout
        try:
            port = int(example.stdout.readline().rsplit(" ", 1)[1])
            endpoint = make(principal, f"http://127.0.0.1:{port}/").endpoint
            sealed = seal_secret(secret)
            WebhookEndpoint.objects.update(secret=sealed)
            job = work(send("befund_de.txt").job)
            (delivery,) = deliver()
            assert delivery.state == "delivered"
            webhooks.replay(principal=principal, endpoint_id=endpoint.pk, delivery_id=delivery.pk, now=NOW())
            assert deliver()[0].state == "delivered"
            WebhookEndpoint.objects.update(secret=seal_secret(make_secret()))
            webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
            deliver()
            assert WebhookTry.objects.latest("id").status == 401
        finally:
            example.terminate()
        told = [json.loads(line) for line in example.stdout.read().splitlines()]
    assert [each["data"]["job"] for each in told] == [str(job.pk)]


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("hook.example/x", "https://example.org/hook"),
        ("ftp://hook.example/", "https://example.org/hook"),
        ("https:///x", "https://example.org/hook"),
        ("https://hook.example:99999/", "https://example.org/hook"),
        ("https://me:secret@hook.example/", "name and password"),
        ("https://10.0.0.1/", "WEBHOOK_TRUSTED_NETWORKS"),
        ("https://[::1]/", "WEBHOOK_TRUSTED_NETWORKS"),
        ("https://169.254.169.254/latest/meta-data/", "WEBHOOK_TRUSTED_NETWORKS"),
        ("http://93.184.215.14/", "Use https://"),
    ],
)
def test_an_address_that_may_not_be_named_is_refused_with_the_cure(url: str, cure: str, principal: Principal) -> None:
    with pytest.raises(webhooks.UnfitWebhook, match=cure):
        make(principal, url)
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_leads_nowhere_is_told_as_one_that_leads_within(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who names hosts would learn which there are in our network."""
    said = []
    for addresses in ([], ["10.0.0.1"]):
        monkeypatch.setattr(webhooks, "find_address", lambda *given, trusted, found=addresses: find(found, trusted))
        with pytest.raises(webhooks.UnfitWebhook) as refused:
            make(principal, "https://hook.example/")
        said.append(refused.value.detail)
    assert len(set(said)) == 1


def find(addresses: list[str], trusted: Any) -> Any:
    return find_address("hook.example", 443, trusted=trusted, resolve=lambda host, port: addresses)


def test_what_is_told_while_an_endpoint_is_removed_is_told_or_not_and_breaks_nothing(
    send: Send, principal: Principal
) -> None:
    """The job's end holds the endpoint until it is written; the removal waits for it."""
    endpoint = WebhookEndpointFactory(clinic=principal.clinic)
    job = send("befund_de.txt").job
    removed = threading.Event()

    def remove() -> None:
        webhooks.remove_endpoint(principal=principal, endpoint_id=endpoint.pk, now=NOW())
        removed.set()
        connection.close()

    with transaction.atomic():
        cancel(principal=principal, job_id=job.pk, now=NOW())
        thread = threading.Thread(target=remove)
        thread.start()
        assert not removed.wait(0.3)
    thread.join(10)
    assert removed.is_set()
    assert Job.objects.get().state == "cancelled"
    assert not WebhookEndpoint.objects.exists()


def test_who_is_not_told_of_batches_is_told_of_their_jobs(send: Send, principal: Principal) -> None:
    hears_jobs = WebhookEndpointFactory(clinic=principal.clinic, events=["job.cancelled"])
    WebhookEndpointFactory(clinic=principal.clinic)
    batch = make_batch(principal=principal, name="", now=NOW())
    cancel(principal=principal, job_id=send("befund_de.txt", batch_id=batch.pk).job.pk, now=NOW())
    assert [each.endpoint for each in WebhookDelivery.objects.all()] == [hears_jobs]


def test_a_secret_that_cannot_be_read_any_more_is_cured_by_rotating_it(
    receiver: Receiver, principal: Principal, settings: Any
) -> None:
    endpoint = make(principal, receiver.url).endpoint
    settings.SECRET_KEY = "another-one-that-sealed-nothing-so-far-0123456789"
    webhooks.send_test(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    deliver()
    assert WebhookTry.objects.get().failure == "no_secret"
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None  # it is not the receiver's fault
    made = webhooks.rotate_secret(principal=principal, endpoint_id=endpoint.pk, now=NOW())
    WebhookDelivery.objects.update(due_at=NOW())
    deliver()
    Webhook(made.secret).verify(receiver.received[0].body, receiver.received[0].headers)


def test_rotating_twice_leaves_what_the_receiver_knows(receiver: Receiver, principal: Principal) -> None:
    made = make(principal, receiver.url)
    for _ in range(2):
        webhooks.rotate_secret(principal=principal, endpoint_id=made.endpoint.pk, now=NOW())
    webhooks.send_test(principal=principal, endpoint_id=made.endpoint.pk, now=NOW())
    deliver()
    Webhook(made.secret).verify(receiver.received[0].body, receiver.received[0].headers)


def test_a_message_that_is_still_tried_is_not_sent_twice(principal: Principal) -> None:
    delivery = WebhookDeliveryFactory(endpoint__clinic=principal.clinic)
    with pytest.raises(webhooks.StillSent):
        webhooks.replay(principal=principal, endpoint_id=delivery.endpoint_id, delivery_id=delivery.pk, now=NOW())


def test_a_description_is_changed_though_the_name_leads_nowhere_now(principal: Principal) -> None:
    endpoint = WebhookEndpointFactory(clinic=principal.clinic, url="https://10.0.0.1/")
    changed = webhooks.change_endpoint(
        principal=principal, endpoint_id=endpoint.pk, now=NOW(), url="https://10.0.0.1/", description="desk"
    )
    assert changed.description == "desk"


def test_a_defect_of_ours_is_not_met_again_at_once(principal: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "send", lambda **given: 1 / 0)
    delivery = WebhookDeliveryFactory(endpoint__clinic=principal.clinic)
    deliverer = Deliverer()
    assert deliverer.deliver_due() == 1
    deliverer.close()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.taken_by) == ("pending", 1, None)
    assert delivery.due_at > NOW()


def test_two_processes_do_not_look_at_the_same_moment(principal: Principal) -> None:
    WebhookDeliveryFactory(endpoint__clinic=principal.clinic)
    found: list[list[Any]] = []

    def look() -> None:
        found.append(take_due(holder=new_id(), most=8))
        connection.close()

    with transaction.atomic():
        assert try_lock(WEBHOOK_LOCK)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(10)
    assert found == [[]]
    assert len(take_due(holder=new_id(), most=8)) == 1


def test_a_clinic_has_so_many_and_no_more(principal: Principal, receiver: Receiver) -> None:
    WebhookEndpointFactory.create_batch(webhooks.MOST_ENDPOINTS, clinic=principal.clinic)
    with pytest.raises(webhooks.TooManyWebhooks):
        make(principal, receiver.url)


def test_old_messages_are_forgotten_but_for_those_that_are_still_to_be_sent(principal: Principal) -> None:
    old = NOW() - timedelta(days=40)
    endpoint = WebhookEndpointFactory(clinic=principal.clinic)
    for state, made in (("failed", old), ("pending", old), ("failed", NOW())):
        message = WebhookMessageFactory(clinic=principal.clinic, created_at=made)
        WebhookDeliveryFactory(endpoint=endpoint, message=message, state=state)
    assert tidy(now=NOW()).webhook_messages > 0
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["failed", "pending"]
