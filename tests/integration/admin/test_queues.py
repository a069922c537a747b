"""Paused queues in the admin: members pause and resume for their clinic, operators for one or all."""

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from jobs.models import QueuePause
from pennie.accounts.models import Clinic
from tests.factories import QueuePauseFactory
from tests.integration.admin.conftest import MARK, address

ADD, LIST = address(QueuePause, "add"), address(QueuePause, "changelist")


def listed(client: Client) -> set[QueuePause]:
    return set(client.get(LIST).context["cl"].result_list)


def resume(client: Client, pause: QueuePause) -> Any:
    return client.post(address(QueuePause, "delete", pause.pk), {"post": "yes"})


def resume_chosen(client: Client, *pauses: QueuePause) -> Any:
    chosen = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in pauses], "post": "yes"}
    return client.post(LIST, chosen)


def test_a_member_pauses_a_queue_for_the_own_clinic_and_resumes_it(
    insider: Client, clinic: Clinic, other_clinic: Clinic
) -> None:
    said = {"queue": "bulk", "reason": "until the evening", "clinic": str(other_clinic.pk)}  # not theirs to choose
    assert insider.post(ADD, said).status_code == 302
    pause = QueuePause.objects.get()
    assert (pause.queue, pause.clinic_id, pause.reason) == ("bulk", clinic.pk, "until the evening")
    assert resume(insider, pause).status_code == 302
    assert not QueuePause.objects.exists()


def test_an_operator_pauses_a_queue_for_all_or_one(operator: Client, clinic: Clinic) -> None:
    for whose in ("", str(clinic.pk)):
        assert operator.post(ADD, {"queue": "normal", "reason": "", "clinic": whose}).status_code == 302
    assert set(QueuePause.objects.values_list("clinic_id", flat=True)) == {None, clinic.pk}
    resume_chosen(operator, *QueuePause.objects.all())
    assert not QueuePause.objects.exists()


def test_an_operators_pause_is_shown_to_members_who_cannot_end_it(insider: Client, clinic: Clinic) -> None:
    own, for_all = QueuePauseFactory(clinic=clinic), QueuePauseFactory(clinic=None, reason="moving")
    assert listed(insider) == {own, for_all}
    assert "moving" in insider.get(address(QueuePause, "change", for_all.pk)).content.decode()
    assert resume(insider, for_all).status_code == 403
    resume_chosen(insider, for_all)
    resume_chosen(insider, own, for_all)
    assert set(QueuePause.objects.all()) >= {for_all}
    resume_chosen(insider, own)
    assert set(QueuePause.objects.all()) == {for_all}


def test_nobody_sees_or_ends_another_clinics_pause(stranger: Client, clinic: Clinic) -> None:
    pause = QueuePauseFactory(clinic=clinic, reason=MARK)
    assert listed(stranger) == set()
    answer = resume(stranger, pause)
    assert MARK not in str([str(each) for each in get_messages(answer.wsgi_request)])
    resume_chosen(stranger, pause)
    assert QueuePause.objects.get() == pause
