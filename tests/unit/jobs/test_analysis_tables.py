"""Tables for people: whole at every width, safe on a terminal, and true about who read the file."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from jobs.analysis_tables import print_analysis

TITLE = "Rabies vaccination certificate and travel papers"


def make_fact(**changed: Any) -> dict[str, Any]:
    fact = {"field": "weight", "value": 12.0, "raw": "12", "unit": "kg", "kg": 12.0, "date": "2019-03-04", "line": 7}
    rest = {"quote": "Weight: 12 kg", "document": 1, "current": True, "also": [], "flags": [], "suggestion": None}
    return {**fact, **rest, **changed}


def make_answer(**changed: Any) -> dict[str, Any]:
    document = {
        **{"title": TITLE, "title_printed": True, "type": "vaccination_certificate", "date": "2019-03-04"},
        **{"start_line": 10421, "end_line": 10455, "first_page": 101, "last_page": 102},
        **{"confidence": 0.75, "needs_review": True, "patient": 1},
    }
    return {
        **{"file": "record.txt", "engine": "rules", "model": None, "lines": 10455},
        "documents": [document],
        "gaps": [{"start_line": 1, "end_line": 18, "reason": "fax_cover"}],
        "patients": [{"name": "Bartholomew", "facts": [make_fact()]}, {"name": None, "facts": [make_fact(line=9)]}],
        **{"unread": [], "warnings": [], "calls": 0, "input_tokens": 0, "output_tokens": 0},
        **{"cost_usd": 0.0, "seconds": 0.5},
        **changed,
    }


def show(answer: dict[str, Any], *, width: int = 120) -> str:
    out = StringIO()
    print_analysis(answer, console=Console(file=out, width=width, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_every_cell_is_whole_at_every_width(width: int) -> None:
    shown = show(make_answer(), width=width)
    words = shown.split()
    assert max(map(len, shown.splitlines())) <= width
    for cell in ("10421-10455", "2019-03-04", "Bartholomew", "0.75?", *TITLE.split(), "fax_cover", "weight", "12"):
        assert cell in words
    whole, folded = {"vaccination_certificate"}, {"vaccination_", "certificate"}
    assert (whole if width >= 120 else folded) <= set(words)
    assert "…" not in shown


def test_a_narrow_terminal_leaves_out_the_pages_alone() -> None:
    assert "101-102" in show(make_answer(), width=80)
    assert "101-102" not in show(make_answer(), width=60)


def test_nothing_of_a_file_steers_the_terminal() -> None:
    hostile = "Rex\x1b[2J\x9b31m\u202eevil\nnext"
    answer = make_answer(file=hostile, warnings=[hostile])
    answer["documents"][0]["title"] = hostile
    answer["patients"][0] = {"name": hostile, "facts": [make_fact(value=hostile, quote=hostile, unit=hostile)]}
    shown = show(answer)
    assert shown.count("evil") == 8
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_measures_are_shown_as_they_are_printed() -> None:
    assert "12 kg" in show(make_answer())
    assert "12.0" not in show(make_answer())


def test_a_title_that_was_made_is_said_to_be_made() -> None:
    said = "(title): the file prints none; made of type and date"
    assert said not in show(make_answer())
    answer = make_answer()
    answer["documents"][0].update(title="Consultation note, 2019-03-14", title_printed=False)
    shown = show(answer, width=160)
    assert "(Consultation note, 2019-03-14)" in shown
    assert said in shown


def test_facts_of_nobody_are_no_numbered_patient() -> None:
    shown = show(make_answer())
    assert "Patient 1: Bartholomew" in shown
    assert "Facts of no known patient" in shown
    assert "Patient 2" not in shown


def test_the_footline_tells_calls_tokens_and_cost_of_the_rules_too() -> None:
    assert show(make_answer()).splitlines()[-1] == "no call to a model, no tokens, no cost, 0.50 s"
    asked = show(make_answer(engine="openai", model="gpt-6-luna", calls=1, input_tokens=1200, cost_usd=None))
    assert asked.splitlines()[-1] == "1 call to the model, 1,200 tokens in, 0 out, cost unknown, 0.50 s"


@pytest.mark.parametrize(
    ("unread", "told"),
    [
        ([], "(model gpt-6-luna)"),
        ([(1, 18), (40, 41)], "(model gpt-6-luna; 20 lines read by the rules)"),
        ([(1, 18), (19, 10455)], "(model gpt-6-luna did not answer; read by the rules, for review)"),
    ],
)
def test_the_headline_tells_who_read_the_file(unread: list[tuple[int, int]], told: str) -> None:
    lost = [{"start_line": first, "end_line": last, "failure": "timeout"} for first, last in unread]
    shown = show(make_answer(engine="openai", model="gpt-6-luna", unread=lost), width=200)
    assert told in shown
