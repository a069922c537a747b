"""What a call to the model brought: a finding, or the kind of failure that there is none for."""

import logging
import traceback
from typing import Final, cast

from documents.domain.findings import Finding, UnreadableFinding, read_finding
from jobs.domain.retries import RULES, FailureKind
from jobs.llm.client import CallFailed
from jobs.llm.in_flight import Outcome

logger = logging.getLogger(__name__)

_FAILURE_OF_FINISH: Final[dict[str, FailureKind]] = {
    "truncated": "truncated",
    "refused": "refused",
    "filtered": "content_filter",
    "unknown": "unknown_finish",
}


def judge(outcome: Outcome) -> tuple[Finding | None, FailureKind | None]:
    """What a call brought: a finding, or why there is none."""
    if isinstance(outcome, BaseException):
        return None, _failure_kind(outcome)
    if outcome.finding is not None:
        return outcome.finding, None
    if outcome.finish != "complete":
        return None, _FAILURE_OF_FINISH[outcome.finish]
    if not outcome.text.strip():
        return None, "empty"
    try:
        return read_finding(outcome.text), None
    except UnreadableFinding as error:
        logger.info("An answer was of no use: %s", error)  # names places in the schema only
        return None, cast(FailureKind, error.code)


def _failure_kind(error: BaseException) -> FailureKind:
    if isinstance(error, CallFailed) and error.kind in RULES:
        return cast(FailureKind, error.kind)
    # Neither message nor traceback text: an exception of unforeseen type may quote the document.
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    logger.error("A call to the model raised %s at %s; please report it.", type(error).__qualname__, place)
    return "unforeseen"
