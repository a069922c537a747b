"""Webhooks in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import WebhookDelivery, WebhookEndpoint
from pennie.accounts.models import Clinic
from pennie.lib.public_addresses import parse_networks
from tests.factories import WebhookDeliveryFactory, WebhookEndpointFactory, WebhookTryFactory
from tests.integration.admin.conftest import address, member_of

ADD = address(WebhookEndpoint, "add")


@pytest.fixture(autouse=True)
def loopback_may_be_named(settings: Any) -> None:
    settings.WEBHOOK_TRUSTED_NETWORKS = parse_networks("127.0.0.0/8")


def test_an_administrator_makes_one_and_is_told_its_secret_once(insider: Client, clinic: Clinic) -> None:
    answer = insider.post(ADD, {"url": "https://127.0.0.1:9/", "description": "desk", "events": ["job.failed"]})
    assert "whsec_" in answer.content.decode()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.clinic, endpoint.events) == (clinic, ["job.failed"])
    page = insider.get(address(WebhookEndpoint, "change", endpoint.pk)).content.decode()
    assert "whsec_" not in page
    assert endpoint.secret not in page


def test_an_address_of_ours_is_an_error_of_the_form(insider: Client) -> None:
    answer = insider.post(ADD, {"url": "https://10.0.0.1/", "description": ""})
    assert "leads to no address on the internet" in str(answer.context["adminform"].form.errors["url"])
    assert not WebhookEndpoint.objects.exists()


def test_it_is_changed_tried_renewed_disabled_and_enabled(insider: Client, clinic: Clinic) -> None:
    endpoint = WebhookEndpointFactory(clinic=clinic, url="https://127.0.0.1:9/")
    page = address(WebhookEndpoint, "change", endpoint.pk)
    insider.post(page, {"url": "https://127.0.0.1:9/new", "description": "desk", "events": []})
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.description) == ("https://127.0.0.1:9/new", "desk")
    sent = insider.post(address(WebhookEndpoint, "step", endpoint.pk, "test"))
    assert sent["Location"] == address(WebhookDelivery, "change", WebhookDelivery.objects.get().pk)
    assert "whsec_" in insider.post(address(WebhookEndpoint, "step", endpoint.pk, "rotate")).content.decode()
    for name, disabled_for in (("disable", "asked"), ("enable", "")):
        insider.post(address(WebhookEndpoint, "step", endpoint.pk, name))
        endpoint.refresh_from_db()
        assert endpoint.disabled_for == disabled_for


def test_one_to_which_much_was_sent_is_removed(insider: Client, clinic: Clinic) -> None:
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic)
    done = insider.post(address(WebhookEndpoint, "step", delivery.endpoint_id, "remove"))
    assert done["Location"] == address(WebhookEndpoint, "changelist")
    assert not WebhookEndpoint.objects.exists()


def test_what_came_back_is_shown_as_text_and_can_be_sent_again(insider: Client, clinic: Clinic) -> None:
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic, state="failed")
    WebhookTryFactory(delivery=delivery, answer="<script>alert(1)</script>")
    page = insider.get(address(WebhookDelivery, "change", delivery.pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    insider.post(address(WebhookDelivery, "step", delivery.pk, "replay"))
    assert WebhookDelivery.objects.filter(is_replay=True).count() == 1


@pytest.mark.parametrize(("role", "shown"), [("admin", True), ("integration", True), ("vet", False)])
def test_the_first_page_tells_who_may_mend_it_that_one_was_disabled(role: str, shown: bool, clinic: Clinic) -> None:
    WebhookEndpointFactory(clinic=clinic, disabled_at=timezone.now(), disabled_for="failing")
    WebhookEndpointFactory(clinic=clinic, disabled_at=timezone.now(), disabled_for="asked")
    client = member_of(clinic, role=role)
    assert ("webhooks disabled" in client.get("/admin/").content.decode()) is shown
    assert client.get(address(WebhookEndpoint, "changelist")).status_code == (200 if shown else 403)
