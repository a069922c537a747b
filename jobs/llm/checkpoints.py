"""Checkpoints: answers already had, found by the question's key, so that nothing is paid for twice (I3)."""

from dataclasses import dataclass
from typing import Protocol

from documents.domain.findings import Finding
from jobs.domain.retries import TooLongKind


@dataclass(frozen=True, kw_only=True, slots=True)
class TooLong:
    """What is known of a question whose answer, or which itself, does not fit: only its parts are of use."""

    failure: TooLongKind


class CheckpointStore(Protocol):
    """Keeps findings by `Question.key`. Called by one thread only."""

    def get(self, key: str) -> Finding | TooLong | None:
        """What is kept under `key`, if anything."""
        ...

    def put(self, key: str, finding: Finding | TooLong) -> None:
        """Keep `finding`. It is kept when this returns. An answer stays where another call was too long."""
        ...


class InMemoryCheckpoints:
    """Checkpoints for one run, gone with the process."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding | TooLong] = {}

    def get(self, key: str) -> Finding | TooLong | None:
        return self._findings.get(key)

    def put(self, key: str, finding: Finding | TooLong) -> None:
        if isinstance(finding, Finding) or not isinstance(self._findings.get(key), Finding):
            self._findings[key] = finding
