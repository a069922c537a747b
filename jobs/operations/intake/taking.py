"""One file or message is submitted, and what came of it is said in three ways: it is on record, it is refused for good,
or it must wait."""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import Error as DatabaseError

from documents.extraction.problems import ExtractionProblem
from documents.models import Upload
from documents.operations.filing import UploadPurged
from jobs.defects import find_place
from jobs.domain.intake import Kind, Trouble
from jobs.domain.states import Priority
from jobs.llm.client import EngineChoice
from jobs.operations.limiting import UseLimitReached
from jobs.operations.submitting import ExternalIdTaken, SentDifferently, submit
from pennie.accounts.principal import Principal
from pennie.lib.refusals import Refusal

logger = logging.getLogger(__name__)

_LONGEST_WAIT: Final = 300.0  # seconds: limits are raised, disks are cleared
_AGAIN_AFTER: Final = 30.0
_TRIES_AT_DEFECT: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """It is on record, committed."""

    upload_id: UUID
    is_new: bool  # False: the clinic had it before


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """It never will be, as it stands."""

    problem: Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """It is no fault of the file's; try again after so many seconds."""

    trouble: Trouble | None  # None: nothing that anybody could do something about
    seconds: float


class Taker:
    """Submits for one source, always in the same way."""

    def __init__(self, *, kind: Kind, engine: EngineChoice, priority: Priority) -> None:
        self._metadata = {"intake": kind}
        self._engine = engine
        self._priority = priority
        self._defects: Counter[str] = Counter()  # by digest

    def take(
        self, *, principal: Principal, content: bytes, name: str, now: datetime, external_id: str = ""
    ) -> Taken | Refused | Held:
        """`external_id` tells that other bytes are the same thing. Raises DatabaseError while the database is away."""
        try:
            taken = self._submit(principal=principal, content=content, name=name, now=now, external_id=external_id)
        except UseLimitReached as reached:
            seconds = float(reached.headers.get("Retry-After", _LONGEST_WAIT))
            return Held(trouble="use_limit", seconds=min(_LONGEST_WAIT, max(1.0, seconds)))
        except UploadPurged:
            return Held(trouble=None, seconds=1.0)
        except Refusal as problem:
            return Refused(problem=problem)
        except DatabaseError:
            raise
        except OSError as error:
            logger.warning("A file could not be stored: %s.", type(error).__name__)
            return Held(trouble="storage", seconds=_AGAIN_AFTER)
        except Exception as error:  # a defect of ours: others' files must not wait for ever behind this one
            return self._put_off(content, error=error)
        logger.info("Upload %s: %s.", taken.upload_id, "taken" if taken.is_new else "on record before")
        return taken

    def _submit(self, *, principal: Principal, content: bytes, name: str, now: datetime, external_id: str) -> Taken:
        try:
            sent = submit(
                principal=principal,
                file=ContentFile(content),
                name=name,
                engine=self._engine,
                priority=self._priority,
                external_id=external_id,
                metadata=self._metadata,
                now=now,
            )
        except SentDifferently:  # the same bytes, by another road, that gave them another id or none
            return self._submit(principal=principal, content=content, name=name, now=now, external_id="")
        except ExternalIdTaken:
            same = Upload.objects.of(principal).filter(external_id=external_id, purged_at=None).first()
            if same is None:
                raise UploadPurged from None  # at this moment; the next try stores it
            return Taken(upload_id=same.pk, is_new=False)
        return Taken(upload_id=sent.upload.pk, is_new=sent.created)

    def _put_off(self, content: bytes, *, error: Exception) -> Refused | Held:
        digest = hashlib.sha256(content).hexdigest()
        self._defects[digest] += 1
        place = f"{type(error).__qualname__}, {find_place(error)}"
        logger.error("A file met %s.", place)
        if self._defects[digest] < _TRIES_AT_DEFECT:
            return Held(trouble="defect", seconds=_AGAIN_AFTER)
        del self._defects[digest]
        return Refused(problem=ExtractionProblem("defect", found=place))
