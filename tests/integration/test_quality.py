"""The quality gate (A12): the rules engine on our own samples may get better, not worse."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

RECORDS = Path(__file__).parent.parent / "records"
GATE = (
    "boundary_f1=0.87",
    "exact_f1=0.75",
    "type_acc=0.85",
    "date_acc=0.95",
    "fact_p=0.90",
    "fact_r=0.75",
    "coverage_violations=0",
    "facts_without_source=0",
)


def test_the_rules_engine_keeps_its_quality_on_the_samples() -> None:
    gates = [argument for gate in GATE for argument in ("--fail-under", gate)]
    call_command("evaluate", str(RECORDS), "--engine", "rules", "--json", *gates, stdout=StringIO())
