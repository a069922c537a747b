"""Webhooks over the API."""

from typing import Any

import pytest
from django.utils import timezone

from jobs.models import WebhookDelivery, WebhookEndpoint
from pennie.lib.public_addresses import parse_networks
from tests.factories import WebhookDeliveryFactory, WebhookEndpointFactory, WebhookTryFactory

pytestmark = pytest.mark.django_db

WEBHOOKS = "/api/v1/webhooks/"
URL = "https://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def loopback_may_be_named(settings: Any) -> None:
    settings.WEBHOOK_TRUSTED_NETWORKS = parse_networks("127.0.0.0/8")


def test_a_webhook_is_made_with_a_secret_that_is_told_once(api, clinic):
    made = api.post(WEBHOOKS, {"url": URL, "events": ["job.failed"], "description": "desk"})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.headers["Cache-Control"] == "no-store"
    own = made.json()["links"]["self"]
    assert api.get(own).json() == {key: value for key, value in made.json().items() if key != "secret"}
    assert "secret" not in api.get(WEBHOOKS).json()["results"][0]
    assert WebhookEndpoint.objects.get().clinic == clinic


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"url": "https://10.0.0.1/"}, "/url"), ({"url": URL, "events": ["job.born"]}, "/events"), ({}, "/url")],
)
def test_what_cannot_be_is_refused_with_its_place(api, said, pointer):
    refused = api.post(WEBHOOKS, said)
    assert refused.status_code in (400, 422)
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert not WebhookEndpoint.objects.exists()


def test_only_what_is_named_is_changed(api, clinic):
    endpoint = WebhookEndpointFactory(clinic=clinic, description="desk", events=["job.failed"])
    own = f"{WEBHOOKS}{endpoint.pk}/"
    changed = api.patch(own, {"is_enabled": False}).json()
    assert (changed["is_enabled"], changed["disabled_for"], changed["description"]) == (False, "asked", "desk")
    assert api.patch(own, {"is_enabled": True, "events": []}).json()["events"] == []
    assert api.delete(own).status_code == 204
    assert api.get(own).status_code == 404


def test_a_new_secret_is_told_once(api, clinic):
    endpoint = WebhookEndpointFactory(clinic=clinic)
    rotated = api.post(f"{WEBHOOKS}{endpoint.pk}/rotate/").json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["former_secret_until"] is not None


def test_a_test_message_waits_to_be_sent(api, clinic):
    endpoint = WebhookEndpointFactory(clinic=clinic)
    sent = api.post(f"{WEBHOOKS}{endpoint.pk}/test/")
    assert (sent.status_code, sent.json()["event"], sent.json()["state"]) == (202, "webhook.test", "pending")
    WebhookEndpoint.objects.update(disabled_at=timezone.now(), disabled_for="gone")
    assert api.post(f"{WEBHOOKS}{endpoint.pk}/test/").json()["code"] == "webhook_disabled"


def test_what_was_sent_is_listed_with_what_came_back(api, clinic, django_assert_num_queries):
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic, state="failed", tries=1)
    WebhookTryFactory(delivery=delivery, answer="restarting")
    WebhookDeliveryFactory(endpoint=delivery.endpoint, state="delivered")
    listed = f"{WEBHOOKS}{delivery.endpoint_id}/deliveries/"
    api.get(listed)
    with django_assert_num_queries(3):  # the key, the webhook, its deliveries with their messages
        assert len(api.get(listed).json()["results"]) == 2
    (failed,) = api.get(listed, {"state": "failed"}).json()["results"]
    assert (failed["id"], failed["webhook_id"], failed["due_at"]) == (
        str(delivery.pk),
        f"msg_{delivery.message_id}",
        None,
    )
    told = api.get(f"{listed}{delivery.pk}/").json()
    assert told["payload"] == delivery.message.payload
    assert [each["answer"] for each in told["sendings"]] == ["restarting"]
    again = api.post(f"{listed}{delivery.pk}/replay/")
    assert (again.status_code, again.json()["is_replay"]) == (202, True)


def test_a_range_is_replayed(api, clinic):
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic, state="failed")
    WebhookDeliveryFactory(endpoint=delivery.endpoint, state="delivered")
    address = f"{WEBHOOKS}{delivery.endpoint_id}/replay/"
    said = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    assert api.post(address, said).json() == {"replayed": 1, "left": 0}
    assert WebhookDelivery.objects.filter(is_replay=True).count() == 1
    backwards = api.post(address, {"since": said["until"], "until": said["since"]})
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (422, "/until")


def test_a_delivery_of_another_webhook_of_the_clinic_is_not_found_there(api, clinic):
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic, state="failed")
    other = WebhookEndpointFactory(clinic=clinic)
    for path in ("", "replay/"):
        ask = api.post if path else api.get
        assert ask(f"{WEBHOOKS}{other.pk}/deliveries/{delivery.pk}/{path}").status_code == 404
