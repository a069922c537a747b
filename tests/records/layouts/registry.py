"""The layouts by name. A layout is a way of printing that one kind of sender has; it writes documents without end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.records.desk import Desk
from tests.records.sheets import Sheet

Write = Callable[[Desk], Iterator[Sheet]]
SEPARATORS = ("none", "one", "two", "mixed", "feed", "ruler", "blank_feed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One family. A record takes one of `separators` and keeps to it."""

    name: str
    languages: Sequence[str]
    separators: Sequence[str]
    copies: bool  # whether a document may come twice
    write: Write


LAYOUTS: dict[str, Layout] = {}


def layout(
    name: str,
    *,
    languages: Sequence[str] = ("en",),
    separators: Sequence[str] = ("none", "one", "two", "mixed"),
    copies: bool = True,
) -> Callable[[Write], Write]:
    """Make the function below known as the layout of this name."""
    assert set(separators) <= set(SEPARATORS), separators

    def register(write: Write) -> Write:
        LAYOUTS[name] = Layout(name=name, languages=languages, separators=separators, copies=copies, write=write)
        return write

    return register
