"""Staff correct, workers file, a file comes and goes, all at the same time: nothing breaks or deadlocks."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from documents.models import Document, Segmentation, Upload
from documents.operations.archiving import archive_upload, restore_upload
from documents.operations.assigning import assign
from documents.operations.correcting import confirm, merge_next, split
from jobs.models import Job, JobEvent
from jobs.operations.running import run_job
from jobs.operations.steering import cancel
from jobs.operations.submitting import Submitted, rerun
from patients.models import Patient
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Missing, Refusal

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25  # of each kind of actor
MOST = 1_000  # for one that was refused each time: the file is put back in the end
Act = Callable[[random.Random], object]


def test_everybody_at_one_upload(
    send: Callable[..., Submitted], work: Callable[[Job], Job], principal: Principal
) -> None:
    upload = work(send("household_two_patients.txt").job).upload
    patients = list(Patient.objects.all())

    def pick(chance: random.Random) -> Document:
        current = Upload.objects.get(pk=upload.pk).current_segmentation_id
        return chance.choice(list(Document.objects.filter(segmentation=current)))

    def divide(chance: random.Random) -> object:
        document = pick(chance)
        line = chance.randint(document.start_line, document.end_line)
        return split(principal=principal, document_id=document.pk, at_line=line, now=timezone.now())

    def join(chance: random.Random) -> object:
        return merge_next(principal=principal, document_id=pick(chance).pk, now=timezone.now())

    def settle(chance: random.Random) -> object:
        return confirm(principal=principal, document_id=pick(chance).pk, now=timezone.now())

    def give(chance: random.Random) -> object:
        patient = chance.choice(patients)
        return assign(principal=principal, document_id=pick(chance).pk, patient_id=patient.pk, now=timezone.now())

    def analyse(chance: random.Random) -> object:
        job = rerun(principal=principal, upload_id=upload.pk, now=timezone.now())
        run_job(job_id=job.pk, worker=f"worker{chance.random()}")
        return job

    def stop(chance: random.Random) -> object:
        newest = Job.objects.filter(upload=upload).order_by("-id")[0]
        return cancel(principal=principal, job_id=newest.pk, now=timezone.now())

    def hide(chance: random.Random) -> object:
        archive_upload(principal=principal, upload_id=upload.pk, now=timezone.now())
        return restore_upload(principal=principal, upload_id=upload.pk, now=timezone.now())

    def act(number: int, what: Act) -> int:
        chance, done = random.Random(number), 0
        try:
            for tried in range(MOST):
                if tried >= ROUNDS and (done or what is stop):  # a job to cancel there may never be
                    break
                try:
                    what(chance)
                    done += 1
                except (Refusal, Missing):  # a line that is no beginning, an upload put aside meanwhile
                    continue
        finally:
            connection.close()
        return done

    actors = [divide, join, settle, give, analyse, analyse, stop, hide]
    with ThreadPoolExecutor(len(actors)) as pool:
        done = list(pool.map(act, range(len(actors)), actors))
    assert all(times for times, what in zip(done, actors, strict=True) if what is not stop), done
    while job := Job.objects.exclude(state__in=("completed", "partial", "failed", "cancelled")).first():
        work(job)
    assert not Job.objects.filter(state="failed").exists()
    for segmentation in Segmentation.objects.all():
        pieces = (segmentation.documents, segmentation.gaps)
        lines = sorted(lines for piece in pieces for lines in piece.values_list("start_line", "end_line"))
        assert [first for first, _ in lines] == [1, *(last + 1 for _, last in lines[:-1])]
    for each in Job.objects.all():
        versions = list(JobEvent.objects.filter(job=each).order_by("version").values_list("version", flat=True))
        assert versions == list(range(1, each.version + 1))
