"""Files of several writers: each part's dates are read as that part writes them."""

import pytest

from documents.domain.date_orders import DateOrders
from documents.domain.dates import DateOrder
from documents.domain.lines import Part, SourceText
from documents.domain.rules.engine import Reading

AMERICAN = ("LABORATORY REPORT", "Date: 03/04/2021", "Patient: Biscuit", "Collected 03/15/2021", "ALT 61")
BRITISH = ("CONSULTATION NOTE", "Date: 03/04/2021", "Patient: Biscuit", "Seen again on 15/04/2021, well.")
SILENT = ("INVOICE", "Date: 03/04/2021", "Patient: Biscuit", "Total 12")


def file_of(*parts: tuple[str, ...]) -> SourceText:
    lines = tuple(line for part in parts for line in part)
    starts = [1 + sum(len(part) for part in parts[:place]) for place in range(len(parts))]
    return SourceText(
        lines=lines,
        pages=(1,) * len(lines),
        parts=tuple(Part(name=f"{start}.txt", kind="text", first_line=start) for start in starts),
    )


@pytest.mark.parametrize(
    ("parts", "orders"),
    [
        pytest.param((AMERICAN,), ["MDY"], id="one"),
        pytest.param((AMERICAN, BRITISH), ["MDY", "DMY"], id="two writers"),
        pytest.param((AMERICAN, SILENT), ["MDY", "MDY"], id="one tells nothing, the other decides"),
        pytest.param((AMERICAN, SILENT, BRITISH), ["MDY", "unknown", "DMY"], id="one tells nothing, the others differ"),
        pytest.param((AMERICAN + BRITISH,), ["mixed"], id="two writers in one part"),
    ],
)
def test_each_part_has_the_order_of_its_writer(parts: tuple[tuple[str, ...], ...], orders: list[DateOrder]) -> None:
    text = file_of(*parts)
    found = DateOrders(text)
    assert [found.of(part.first_line) for part in text.parts] == orders
    assert [found.of(part.first_line + 1) for part in text.parts] == orders
    assert found.all == set(orders)


def test_a_document_has_the_day_that_its_own_writer_means() -> None:
    """Alone each of the papers is read rightly; within one archive the other's dates made theirs ambiguous."""
    reading = Reading(file_of(AMERICAN, BRITISH))
    days = [reading.name(start=start, end=start + 3).date for start in (1, len(AMERICAN) + 1)]
    assert days == ["2021-03-04", "2021-04-03"]
