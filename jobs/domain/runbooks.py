"""Where it is written what to do about jobs that failed: a section of the runbook for each kind."""

from typing import Final

RUNBOOK: Final = "runbooks/failed-jobs.md"  # below docs/
# By the problem's code; all others are of files that cannot be read.
_SECTIONS: Final = {
    "poison": "poison",
    "defect": "defect",
    "database_busy": "database-busy",
    "unauthorized": "model-settings",
    "not_found": "model-settings",
}


def find_section(*, code: str) -> str:
    """The anchor of the section that is about the kind of failure."""
    return _SECTIONS.get(code, "the-file")
