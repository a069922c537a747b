"""Checkpoints: answers already had, found by the question's key, so that nothing is paid for twice (I3)."""

from typing import Protocol

from documents.domain.findings import Finding


class CheckpointStore(Protocol):
    """Keeps findings by `Question.key`. Called by one thread only."""

    def get(self, key: str) -> Finding | None:
        """The finding kept under `key`, if any."""
        ...

    def put(self, key: str, finding: Finding) -> None:
        """Keep `finding`. It is kept when this returns."""
        ...


class InMemoryCheckpoints:
    """Checkpoints for one run, gone with the process."""

    def __init__(self) -> None:
        self._findings: dict[str, Finding] = {}

    def get(self, key: str) -> Finding | None:
        return self._findings.get(key)

    def put(self, key: str, finding: Finding) -> None:
        self._findings[key] = finding
