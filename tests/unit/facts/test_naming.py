"""Which part of a printed name is the animal's own."""

from dataclasses import replace

import pytest

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.naming import learn_names
from documents.domain.facts.observed import Observation
from documents.domain.facts.typed import Value


def observe(field, value, line=1):
    claim = LocatedClaim(field=field, raw=value, line=line, quote=value)
    return Observation(claim=claim, value=Value(field=field, value=value), document=0, date=None, source="")


def own_names(*names, owners=(), lines=()):
    observations = [*(observe("name", name) for name in names), *(observe("owner", owner) for owner in owners)]
    naming = learn_names(observations=observations, lines=lines)
    return [naming.own_name(one) for one in observations[: len(names)]]


@pytest.mark.parametrize(
    ("names", "lines", "own"),
    [
        (["Tansy Ellacott"], ["Copy to D. Ellacott with the stick."], ["Tansy"]),
        (["Tansy Ellacott"], ["Called Nadine Ellacott, she agrees."], ["Tansy"]),
        (["Rolo Sievers"], ["client: Sievers, P."], ["Rolo"]),
        (["Rolo Sievers, P."], [], ["Rolo"]),
        (["Nutmeg HARRIS"], [], ["Nutmeg"]),
        (["Nelson Pryce"], ["7/11/18 NELSON Pryce Bulldog x"], ["Nelson"]),
        (["Rocket Sandhu"], ["Rocket Sandhu, whippet", "Rocket: staples out.", "Rocket eats."], ["Rocket"]),
        (["Bramble H", "Bramble"], [], ["Bramble", "Bramble"]),
        (["Dolly, Kettle Moon Ranch"], [], ["Dolly"]),
        (["Lisnaboe Tadhg", "Tadhg"], [], ["Tadhg", "Tadhg"]),
    ],
)
def test_what_an_owner_adds_is_left_out(names, lines, own):
    assert own_names(*names, lines=lines) == own


@pytest.mark.parametrize(
    ("names", "lines", "own"),
    [
        (["Tater Tot", "T Tot"], ["Tater Tot eats.", "T. Tot, day 2"], ["Tater Tot", "Tater Tot"]),
        (["Mr Tibbs"], ["Mr Tibbs, DSH"], ["Mr Tibbs"]),
        (["Ouragan du Marais", "Ouragan"], [], ["Ouragan du Marais", "Ouragan du Marais"]),
        (["Pork Chop"], ["Pork Chop was found."], ["Pork Chop"]),
    ],
)
def test_a_name_of_several_words_is_whole(names, lines, own):
    assert own_names(*names, owners=["Jean Marais"], lines=lines) == own


def test_of_two_parts_beside_a_comma_the_one_that_names_an_animal_by_itself_is_its_name():
    assert own_names("Brandt, Juniper", "Juniper") == ["Juniper", "Juniper"]
    assert own_names("Brandt, Juniper") == [""]
    assert own_names("Kaiser, Marble", "Kaiser", "Marble") == ["", "Kaiser", "Marble"]


def observe_in(document, field, value):
    return replace(observe(field, value), document=document)


@pytest.mark.parametrize(
    ("told", "own"),
    [
        ([(0, "name", "Huckleberry"), (1, "name", "Huckleberry")], "Huckleberry"),
        ([(0, "name", "Huckleberry"), (1, "name", "Huckleberry"), (0, "species", "dog")], "Huckleberry"),
        (
            [(0, "name", "Huckleberry"), (1, "name", "Huckleberry"), (0, "species", "dog"), (2, "species", "cat")],
            "Huck",
        ),
        ([(0, "name", "Huckleberry"), (2, "name", "Huckleberry")], "Huck"),  # one paper names both
        ([(0, "name", "Huckleberry")], "Huck"),  # the longer name is no more usual
        ([(0, "name", "Huckleberry"), (1, "name", "Huckleberry"), (3, "name", "Huckster")], "Huck"),
    ],
)
def test_a_nickname_is_of_the_only_longer_name_that_begins_with_it(told, own):
    nickname = observe_in(2, "name", "Huck")
    naming = learn_names(observations=[nickname, *(observe_in(*each) for each in told)], lines=())
    assert naming.own_name(nickname) == own


def test_a_name_that_a_scanner_broke_is_the_one_printed_whole():
    assert own_names("DO LLY", "Dolly") == ["Dolly", "Dolly"]


@pytest.mark.parametrize(
    ("printed", "own"),
    [
        ("Gus Ravensworth", "Gus"),  # a usual name of animals, and a word that is none
        ("Gus Bear", "Gus Bear"),
        ("Gus Lou", "Gus Lou"),
        ("Luna Bella", "Luna Bella"),
        ("Thornlight Ravensworth", "Thornlight Ravensworth"),
        ("Sir Ravensworth", "Sir Ravensworth"),
    ],
)
def test_behind_a_usual_name_of_animals_stands_a_surname(printed, own):
    assert own_names(printed) == [own]


def test_a_name_without_its_title_is_the_titled_one():
    assert own_names("Sir Pounce", "Pounce") == ["Sir Pounce", "Sir Pounce"]
