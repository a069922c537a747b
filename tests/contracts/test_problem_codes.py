"""docs/api.md tells every code of a problem, with its statuses and its cure, and none that there is not."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.contracts.problem_codes import find_codes

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"
_ROW = re.compile(r"^\| (?P<codes>`[a-z_`, ]+`) \| (?P<statuses>[0-9, ]+) \| (?P<cure>.*\S) \|$", re.MULTILINE)


def list_rows() -> Iterator[tuple[str, frozenset[int]]]:
    """Each code with the statuses that its row tells."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition("## Problem codes")
    for row in _ROW.finditer(section):
        statuses = frozenset(int(each) for each in row["statuses"].split(", "))
        yield from ((code, statuses) for code in re.findall(r"`(\w+)`", row["codes"]))


def test_each_code_stands_in_the_table_with_its_statuses_and_its_cure() -> None:
    rows = list(list_rows())
    told: Mapping[str, frozenset[int]] = dict(rows)
    assert len(rows) == len(told), "a code stands there twice"
    assert told == find_codes()


def test_codes_are_found_wherever_they_are_told() -> None:
    """Of each way to tell one, an example."""
    found = find_codes()
    assert {
        "sign_in_failed": {401},  # in a class
        "first_line": {409},  # said to a class
        "interrupted": {400},  # without a status, which the class has
        "several_files": {422},  # and with one
        "stream_elsewhere": {421},  # said to Refusal
        "owner_archived": {409, 422},  # made of a word, and in another class
        "locked_out": {429},  # by a view that is not DRF's
        "too_many_pages": {413},  # in a table
        "throttled": {429},  # DRF's
    }.items() <= {code: set(statuses) for code, statuses in found.items()}.items()
