"""How long the answers to requests with an Idempotency-Key are kept, and when they are emptied before.

Free of the REST framework: jobs tidy them, and the erasures of every app empty them.
"""

import json
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from pennie.accounts.models import IdempotencyKey
from pennie.rest.problem_documents import CONTENT_TYPE, make_problem

KEPT_FOR: Final = timedelta(hours=24)
_ERASED = "The request was done, and what it was about has been erased since. Send a new key with a new request."


def forget_expired_keys(*, now: datetime) -> int:
    """Delete what is older than 24 hours; how many."""
    count, _ = IdempotencyKey.objects.filter(created_at__lte=now - KEPT_FOR).delete()
    return count


def erase_answers(*, clinic_id: UUID, about: UUID) -> None:
    """Empty the clinic's kept answers that name this object: it is erased, and they may hold what it was called.

    The keys stay used up, so that a request sent again does not bring the object back.
    """
    gone = make_problem(code="erased", title="The answer was erased", status=410, detail=_ERASED)
    gone["request_id"] = ""
    kept = IdempotencyKey.objects.filter(clinic_id=clinic_id, status__isnull=False)
    naming = kept.annotate(words=Cast("body", TextField())).filter(words__contains=str(about))
    naming.update(status=410, body=json.dumps(gone), headers={"Content-Type": CONTENT_TYPE})
