"""Printed words to typed values, field by field, with the traps of each."""

import pytest

from documents.domain.facts.typed import Habits
from documents.domain.facts.values import normalise
from documents.domain.findings import FACT_FIELDS


def read(field, raw, **habits):
    return {value.field: value.value for value in normalise(field=field, raw=raw, habits=Habits(**habits))}


@pytest.mark.parametrize(
    ("raw", "sex", "neutered"),
    [
        ("Female, Spayed", "female", True),
        ("FS", "female", True),
        ("MN", "male", True),
        ("M/C", "male", True),
        ("F/S", "female", True),
        ("Male (castrated)", "male", True),
        ("Female Intact", "female", False),
        ("M", "male", None),
        ("( ) Male (X) Female", "female", None),
        ("Gelding", "male", True),
        ("FERTIL", None, False),
        ("hembra esterilizada", "female", True),
        ("hembra no esterilizada", "female", False),
        ("macho entero", "male", False),
        ("castrado", None, True),
        ("femelle stérilisée", "female", True),
        ("mâle entier", "male", False),
        ("Kastriert", None, True),
        ("männlich kastriert", "male", True),
        ("Hündin, intakt", "female", False),
        ("w", "female", None),
        ("M N", "male", None),
        ("Male, not yet neutered", "male", False),
        ("Rüde, noch nicht kastriert", "male", False),
        ("mâle non-castré", "male", False),
        ("Hembra, castrada no", "female", False),
        ("not male", None, None),
        ("un-neutered", None, False),
    ],
)
def test_sex_and_neuter_status_are_two_values(raw, sex, neutered):
    expected = {"sex": sex, "neutered": neutered}
    assert read("sex", raw) == {field: value for field, value in expected.items() if value is not None}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("Not yet", False),
        ("noch nicht", False),
        ("pas encore", False),
        ("Not neutered (seen 03/14/2019)", False),
        ("03/14/2019", True),
        ("Yes, at 6 months", True),
        ("not recorded 03/14/2019", None),
    ],
)
def test_a_neuter_status_is_true_or_false_or_not_told(raw, value):
    assert read("neutered", raw).get("neutered") is value


@pytest.mark.parametrize("raw", ["Male / Female", "( ) Male ( ) Female", "Female spayed intact"])
def test_a_sex_that_contradicts_itself_is_none(raw):
    assert read("sex", raw) == {}


@pytest.mark.parametrize(
    ("raw", "value", "unit", "kg"),
    [
        ("65 lbs", 65, "lb", 29.484),
        ("29.4 kg", 29.4, "kg", 29.4),
        ("4,1 kg", 4.1, "kg", 4.1),
        ("450 g", 450, "g", 0.45),
        ("65#", 65, "lb", 29.484),
        ("12 lb 4 oz", 12.25, "lb", 5.557),
        ("189-1/2 pounds", 189.5, "lb", 85.956),
        ("63 lbs (slight decrease)", 63, "lb", 28.576),
    ],
)
def test_a_weight_keeps_its_unit_and_derives_kilograms(raw, value, unit, kg):
    (weight,) = normalise(field="weight", raw=raw)
    assert (weight.value, weight.unit, weight.kg) == (value, unit, kg)


@pytest.mark.parametrize("raw", ["0 kg", "0.0 lb", "Refused", "5-10 kg", "not weighed", "____ kg"])
def test_a_weight_of_nothing_or_a_range_is_none(raw):
    assert read("weight", raw) == {}


def test_a_comma_before_three_digits_is_read_by_the_habits_of_the_file():
    assert read("weight", "1,200 kg", large_animals=True) == {"weight": 1200}
    assert read("weight", "3,450 kg", comma_is_decimal=True) == {"weight": 3.45}
    assert normalise(field="weight", raw="1,200 kg")[0].flags == ("ambiguous_number",)


def test_a_weight_without_unit_is_flagged_and_not_converted():
    (weight,) = normalise(field="weight", raw="29.4")
    assert (weight.value, weight.unit, weight.kg, weight.flags) == (29.4, None, None, ("no_unit",))


@pytest.mark.parametrize(
    ("raw", "value", "flags"),
    [
        ("June 15, 2009", "2009-06-15", ()),
        ("14 de febrero de 2013", "2013-02-14", ()),
        ("05/22/2016 (3 y)", "2016-05-22", ()),
        ("04/03/2012", "2012-04-03", ("ambiguous_date",)),
        ("March 2019", "2019-03", ("month_only",)),
        ("approx. 2015", "2015", ("estimated", "year_only")),
    ],
)
def test_a_birth_date_is_as_exact_as_printed(raw, value, flags):
    (birth,) = normalise(field="date_of_birth", raw=raw)
    assert (birth.field, birth.value, birth.flags) == ("date_of_birth", value, flags)


def test_an_age_is_never_a_birth_date():
    assert read("date_of_birth", "4 years") == {"age": "4 years"}
    assert read("age", "12y") == {"age": "12y"}
    assert read("age", "5 Jahre 2 Monate") == {"age": "5 Jahre 2 Monate"}


@pytest.mark.parametrize(
    ("raw", "value", "flags"),
    [
        ("985112004771306", "985112004771306", ()),
        ("985 112 004 771 306", "985112004771306", ()),
        ("0A01234567", "0A01234567", ()),
        ("98511200477130", "98511200477130", ("unusual_chip",)),
    ],
)
def test_a_chip_of_unusual_length_is_kept_and_flagged(raw, value, flags):
    (chip,) = normalise(field="microchip", raw=raw)
    assert (chip.value, chip.flags) == (value, flags)


@pytest.mark.parametrize("raw", ["Yes", "None", "not scanned", "implanted 03/14/2019", "000000000000000"])
def test_words_about_a_chip_are_no_chip(raw):
    assert read("microchip", raw) == {}


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("name", "30417-B Biscuit", "Biscuit"),
        ("name", "Biscuit, Beagle, 4 Y MN", "Biscuit"),
        ("name", '"Max"', "Max"),
        ("name", "Bella (ID 4471)", "Bella"),
        ("owner", "30417 Dunleavy, Marguerite", "Dunleavy, Marguerite"),
        ("owner", "Mrs Eleanor Whitcombe", "Mrs Eleanor Whitcombe"),
        ("owner", "Jane Smith (jane@example.com)", "Jane Smith"),
        ("owner", "Jane Smith 555-0101", "Jane Smith"),
        ("owner_phone", "Tel. (555) 555-0112 (evenings)", "(555) 555-0112"),
        ("owner_email", "mail: jane@example.com, thanks", "jane@example.com"),
        ("species", "DSH", "cat"),
        ("breed", "Labrador Retriever (Mixed)", "Labrador Retriever (Mixed)"),
        ("height", "61 cm", 61),
        ("veterinarian", "Dr. Ana Ruiz, DVM (Ophthalmology)", "Dr. Ana Ruiz, DVM"),
        ("clinic", "Fairview Veterinary Clinic – Surgical Unit", "Fairview Veterinary Clinic"),
    ],
)
def test_what_is_printed_around_a_value_is_trimmed(field, raw, value):
    assert read(field, raw) == {field: value}


@pytest.mark.parametrize(
    "raw", ["N/A", "n/a", "unknown", "____", "Not recorded", "—", "-", "?", "", "   ", "desconocido", "inconnu", "k.A."]
)
@pytest.mark.parametrize("field", FACT_FIELDS)
def test_a_placeholder_is_no_value(field, raw):
    assert read(field, raw) == {}


def test_a_date_is_no_phone():
    assert read("owner_phone", "03/14/2019") == {}
