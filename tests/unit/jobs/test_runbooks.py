"""Each kind of failure has its section in the runbook."""

import re
from pathlib import Path

import pytest

from documents.extraction.problems import ExtractionProblem
from jobs.domain.runbooks import RUNBOOK, find_section
from jobs.leases import POISON

PAGE = Path(__file__).parents[3] / "docs" / RUNBOOK


@pytest.mark.parametrize(
    ("code", "section"),
    [
        (str(POISON["code"]), "poison"),
        ("defect", "defect"),
        ("database_busy", "database-busy"),
        ("unauthorized", "model-settings"),
        ("not_found", "model-settings"),
        (ExtractionProblem("encrypted").code, "the-file"),
        ("", "the-file"),
    ],
)
def test_what_to_do_is_written_down(code, section):
    assert find_section(code=code) == section
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert section in [heading.lower().replace(" ", "-") for heading in headings]
