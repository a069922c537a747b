"""A fact's value as people read it, the same in every table."""

from documents.domain.facts.typed import Scalar
from documents.domain.findings import CLINICAL


def show_value(*, field: str, value: Scalar, unit: str | None) -> str:
    """ "4.1 kg", "180 /min", "4/9", "yes". The text of a clinical fact has its unit in it already."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    if not unit or (field in CLINICAL and isinstance(value, str)):
        return shown
    return f"{shown}{unit}" if unit.startswith("/") and unit[1:].isdigit() else f"{shown} {unit}"
