"""What is taken from a patient because it is more likely another's, and what several forms of a name say."""

import pytest

from tests.unit.facts.test_filing import file, values


def record_of(filing, name):
    return next(record for record in filing.patients if record.name == name)


def weights(filing, name):
    return sorted(values(record_of(filing, name), "weight"))


def rex(*later):
    """Rex, a dog of 30 kg, and further documents."""
    first = "Patient: Rex\nSpecies: Canine\nWeight: 30 kg"
    return file(("2020-01-01", first), ("2020-06-01", "Patient: Rex\nWeight: 31 kg"), *later)


def test_a_weight_far_from_all_others_is_nobodys():
    filing = rex(("2020-07-01", "Patient: Rex\nchecked\nWt 4.1 kg"))
    assert weights(filing, "Rex") == [30, 31]
    assert weights(filing, None) == [4.1]


def test_a_young_animal_grows():
    filing = rex(("2019-01-01", "Patient: Rex\nWeight: 6 kg"))
    assert weights(filing, "Rex") == [6, 30, 31]


def test_within_four_weeks_none_grows_so_much():
    filing = rex(("2019-12-20", "Patient: Rex\nWeight: 6 kg"))
    assert weights(filing, "Rex") == [30, 31]


def test_a_weight_that_the_species_never_has_counts_less_than_one_that_it_has():
    filing = file(("2020-01-01", "Patient: Poppet\nSpecies: Rabbit\nWt 1.85 kg\nWt 43.6 kg"))
    assert weights(filing, "Poppet") == [1.85]


def test_a_birth_behind_most_weights_is_another_animals():
    filing = rex(("2020-07-01", "Patient: Rex\nborn 22/11/2020"))
    assert values(record_of(filing, "Rex"), "date_of_birth") == []


@pytest.mark.parametrize(
    ("elsewhere", "current"), [("Discussed food.", [True]), ("Castration under GA, closed technique.", [False])]
)
def test_intact_is_no_current_state_where_the_papers_speak_of_neutering(elsewhere, current):
    filing = file(("2020-01-01", "Patient: Rex\nSex: Male intact"), ("2020-06-01", f"Patient: Rex\n{elsewhere}"))
    states = [fact for fact in record_of(filing, "Rex").facts if fact.field == "neutered"]
    assert [fact.is_current for fact in states] == current


def test_neutered_without_a_day_is_the_later_state():
    filing = file((None, "Patient: Rex\nSex: Male intact"), (None, "Patient: Rex\nSex: MN"))
    states = {fact.value: fact for fact in record_of(filing, "Rex").facts if fact.field == "neutered"}
    assert states[True].is_current
    assert not states[False].is_current
    assert not any("conflict" in fact.flags for fact in states.values())


@pytest.mark.parametrize(
    ("papers", "owner"),
    [
        (["Owner: Lindqvist, Theodora", "Owner: T. Lindqvist"], ["Lindqvist, Theodora"]),
        (["Owner: Mrs S Garrick", "Spoke to Mrs Sioned Garrick about the diet."], ["Mrs Sioned Garrick"]),
        (["Owner: B. Yoon", "Anna Yoon called."], ["B. Yoon"]),  # another Yoon
        (["Owner: Yoon"], []),  # a surname alone says too little
        (["Client: Halden Cove Vet"], []),
    ],
)
def test_an_owner_is_told_by_the_fullest_form(papers, owner):
    filing = file(*((f"2020-01-0{day}", f"Patient: Rex\n{paper}") for day, paper in enumerate(papers, start=1)))
    assert values(record_of(filing, "Rex"), "owner") == owner


def test_what_a_line_says_of_another_animal_by_name_is_its_own():
    log = (
        "8/22/23 A48214 Olive - still congested and sneezing, eating well, bright, T 101.9, no cough at all, wt 6.8 lb."
    )
    filing = file(
        ("2023-08-20", "Patient: Rex\nSpecies: Canine\nWeight: 80 lb"),
        ("2023-08-21", "Patient: Olive\nSpecies: Feline\nWeight: 6.5 lb"),
        ("2023-08-22", f"Patient: Rex\nSpecies: Canine\n{log}"),
    )
    assert weights(filing, "Olive") == [6.5, 6.8]
    assert weights(filing, "Rex") == [80]


def test_who_comes_with_an_animal_is_not_the_one_that_is_meant():
    filing = file(
        ("2023-08-20", "Paciente: Nano\nEspecie: felino"),
        ("2023-08-21", "Paciente: Trufa\nEspecie: canino"),
        ("2023-08-22", "Paciente: Nano\nViene con Trufa. Trivalente. 5,6 kg. Bien."),
    )
    assert weights(filing, "Nano") == [5.6]


def test_an_animal_that_is_only_mentioned_makes_no_fact():
    filing = file(("2020-01-01", "Patient: Maple\nSpecies: Canine\nBitten by Gus (DMH, M/N, 4 y) last week"))
    assert values(filing.patients[0], "species") == ["dog"]
    assert values(filing.patients[0], "sex") == []


def test_a_chip_belongs_to_the_animal_that_its_line_names():
    filing = file(
        ("2020-01-01", "Patient: Kaiser\nSpecies: Canine"),
        ("2020-02-01", "Patient: Marble\nSpecies: Feline\nAlerts: Kaiser - muzzle. chip 956000009318842."),
    )
    assert values(record_of(filing, "Marble"), "microchip") == []


def test_of_a_chip_below_another_animals_name_nobody_knows_whose_it_is():
    filing = file(
        ("2020-01-01", "Patient: Juniper\nSpecies: Canine"),
        ("2020-02-01", "Patient: Hobbes\nSpecies: Feline\nJuniper came too.\nMicrochip 933000120774518"),
    )
    assert values(record_of(filing, "Hobbes"), "microchip") == []


def test_a_chip_with_its_kind_is_the_only_such_animals_of_its_document():
    form = "PET 1  Tess   Cat  DLH  Spayed F\nPET 2  Rufus   Dog  Beagle  Neutered M\nMicrochip (cat): 985141000772310"
    filing = file(("2020-01-01", form))
    assert values(record_of(filing, "Tess"), "microchip") == ["985141000772310"]


def test_between_two_documents_of_a_patient_those_that_name_nobody_are_its_own():
    trufa = "Paciente: Trufa\nEspecie: canino"
    nano = "Paciente: Nano\nEspecie: felino"
    plain = "Revisión\nPeso 5,6 kg"
    filing = file(
        ("2020-01-01", trufa), ("2020-02-01", nano), ("2020-03-01", plain), ("2020-04-01", nano), ("2020-05-01", plain)
    )
    assert filing.patient_of_document == (0, 1, 1, 1, None)


def test_where_patients_take_turns_documents_between_them_are_nobodys():
    trufa, nano = "Paciente: Trufa\nEspecie: canino", "Paciente: Nano\nEspecie: felino"
    filing = file(
        ("2020-01-01", trufa), ("2020-02-01", "Revisión"), ("2020-03-01", trufa), ("2020-04-01", nano),
        ("2020-05-01", trufa),
    )  # fmt: skip
    assert filing.patient_of_document[1] is None


def test_a_coat_is_no_name_though_an_animal_is_called_so():
    filing = file(
        ("2020-01-01", "Paciente: Canela\nEspecie: equino\nPeso: 500 kg"),
        ("2020-02-01", "Paciente: Noa\nEspecie: felino\nCapa: Canela   Peso: 4 kg\nCapa:   Canela\nPeso 4,2 kg"),
    )
    assert weights(filing, "Noa") == [4, 4.2]
