"""What tables show of a fact: once its unit, and no decimals that nobody printed."""

import pytest

from documents.domain.shown_values import show_value


@pytest.mark.parametrize(
    ("field", "value", "unit", "shown"),
    [
        ("name", "Luna", None, "Luna"),
        ("neutered", True, None, "yes"),
        ("neutered", False, None, "no"),
        ("weight", 4.1, "kg", "4.1 kg"),
        ("weight", 10, "lb", "10 lb"),
        ("heart_rate", 180.0, "/min", "180 /min"),
        ("temperature", 38.55, "C", "38.55 C"),
        ("body_condition", 4.0, "/9", "4/9"),
        ("lab_value", "WBC 21.4 10^3/uL", "10^3/µL", "WBC 21.4 10^3/uL"),
        ("medication", "meloxicam 0.5 mg/ml", "mg/ml", "meloxicam 0.5 mg/ml"),
    ],
)
def test_a_value_is_shown_with_its_unit_once(field, value, unit, shown):
    assert show_value(field=field, value=value, unit=unit) == shown
