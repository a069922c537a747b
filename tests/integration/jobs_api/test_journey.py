"""An integrator's way: send a record, follow its job, read what was found; and put right what went wrong."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.models import Job
from jobs.operations import running
from tests.factories import MembershipFactory
from tests.fake_openai import API_KEY, FaultRule, TruthAnswerer, read_records, running_fake
from tests.unit.extraction.drawing import draw

RECORDS = Path(__file__).parent.parent.parent / "records"
pytestmark = pytest.mark.django_db(transaction=True)


def send(api, name="referral_packet.txt", **fields):
    file = SimpleUploadedFile(name, (RECORDS / name).read_bytes())
    answer = api.post("/api/v1/uploads/", {"file": file, **fields}, format="multipart")
    assert answer.status_code == 202, answer.json()
    return answer.json()


def work(job_id):
    running.run_job(job_id=Job.objects.get(pk=job_id).pk, worker="worker@test")


def get(api, address):
    answer = api.get(address)
    assert answer.status_code == 200, answer.json()
    return answer.json()


@pytest.fixture
def model(settings):
    records = read_records(RECORDS / "referral_packet.txt")
    with running_fake(answerer=TruthAnswerer(records=records)) as fake:
        settings.OPENAI_API_KEY = API_KEY
        settings.OPENAI_BASE_URL = fake.base_url
        settings.OPENAI_API = "responses"
        yield fake


def test_a_record_is_sent_followed_and_read(api, model):
    sent = send(api, external_id="R-17")
    links = sent["job"]["links"]
    assert get(api, links["progress"])["percent"] == 0
    work(sent["job"]["id"])
    progress = get(api, links["progress"])
    assert (progress["state"], progress["percent"], progress["is_ended"]) == ("completed", 100, True)
    job = get(api, links["self"])
    assert job["totals"]["calls"] == len(model.calls) > 0
    assert float(job["totals"]["cost_usd"]) > 0
    assert job["segmentation"]
    assert [event["after"] for event in get(api, links["events"])["results"]] == ["pending", "processing", "completed"]
    attempts = get(api, links["attempts"])["results"]
    assert [attempt["number"] for attempt in attempts] == list(range(1, len(model.calls) + 1))
    assert get(api, f"{links['attempts']}1/")["request"].startswith("1: ")
    upload = get(api, links["upload"])
    assert upload["segmentation"]["id"] == job["segmentation"]
    documents = [piece for piece in get(api, links["documents"])["pieces"] if piece["document"]]
    assert len(documents) == upload["document_count"] > 1


def test_facts_of_lines_under_a_black_box_say_so_wherever_they_are_read(api, clinic):
    def page(canvas):
        canvas.setFont("Helvetica", 12)
        lines = (
            "VACCINATION CERTIFICATE",
            "Patient: Luna   Species: Cat",
            "Owner: Marguerite Dunleavy",
            "Weight: 4.1 kg",
        )
        for row, line in enumerate(lines):
            canvas.drawString(50, 700 - 20 * row, line)
        canvas.rect(88, 657, 150, 14, fill=1)

    file = SimpleUploadedFile("record.pdf", draw(page))
    sent = api.post("/api/v1/uploads/", {"file": file, "engine": "rules"}, format="multipart").json()
    work(sent["job"]["id"])
    facts = {fact["field"]: fact for fact in get(api, sent["upload"]["links"]["facts"])["results"]}
    assert facts["owner"]["flags"] == ["under_black_box"]
    assert facts["weight"]["flags"] == []
    staff = Client()
    staff.force_login(MembershipFactory(clinic=clinic, role="vet").user)
    shown = staff.get(f"/admin/documents/upload/{sent['upload']['id']}/change/").content.decode()
    assert shown.count("under black box") == 1


def test_a_job_that_fails_is_a_dead_letter_until_it_is_put_right(api, model, settings):
    settings.OPENAI_API_KEY = "sk x"  # a setting that no call can be made with
    sent = send(api)
    work(sent["job"]["id"])
    (letter,) = get(api, "/api/v1/dead-letters/")["results"]
    assert letter["id"] == sent["job"]["id"]
    assert letter["problem"]["code"] == "unauthorized"
    settings.OPENAI_API_KEY = API_KEY
    assert api.post(f"/api/v1/dead-letters/{letter['id']}/retry/").status_code == 200
    work(letter["id"])
    assert get(api, letter["links"]["self"])["state"] == "completed"
    assert get(api, "/api/v1/dead-letters/")["results"] == []


def test_what_the_model_cannot_read_the_rules_do_and_it_can_be_asked_again(api, model):
    model.order(FaultRule(kind="refusal"))
    sent = send(api)
    work(sent["job"]["id"])
    assert get(api, sent["job"]["links"]["self"])["state"] == "partial"
    model.order()
    again = api.post(f"{sent['upload']['links']['self']}analyses/").json()
    assert again["id"] != sent["job"]["id"]
    work(again["id"])
    assert get(api, again["links"]["self"])["state"] == "completed"
    assert get(api, sent["upload"]["links"]["self"])["segmentation"]["number"] == 2
