"""Where two linked documents differ, for people to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.domain.likeness.changes import Change, Kind, compare_wordings
from documents.domain.likeness.wording import list_printed
from documents.models import Document
from documents.operations.fingerprinting import Wordings
from documents.operations.link_search import LONGEST

MOST_SHOWN = 200  # differences


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownChange:
    """Words as they are printed. Lines are counted over the whole file; None where there are no words."""

    kind: Kind
    first: str
    second: str
    first_line: int | None
    second_line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownDifference:
    """`is_whole` is False where there are more differences than are shown, or where nothing could be compared."""

    changes: tuple[ShownChange, ...]
    is_whole: bool


def show_difference(*, first: Document, second: Document) -> ShownDifference:
    """How the words of `second` differ from those of `first`."""
    wordings = Wordings()
    one, other = wordings.read(first), wordings.read(second)
    if one is None or other is None or max(len(one.words), len(other.words)) > LONGEST:
        return ShownDifference(changes=(), is_whole=False)
    changes = compare_wordings(one, other).changes
    printed = list_printed(wordings.read_lines(first)), list_printed(wordings.read_lines(second))
    shown = tuple(_show(change, *printed) for change in changes[:MOST_SHOWN])
    return ShownDifference(changes=shown, is_whole=len(shown) == len(changes))


def _show(change: Change, first: Mapping[str, str], second: Mapping[str, str]) -> ShownChange:
    return ShownChange(
        kind=change.kind,
        first=_print(change.first, first),
        second=_print(change.second, second),
        first_line=change.first_line,
        second_line=change.second_line,
    )


def _print(words: Sequence[str], printed: Mapping[str, str]) -> str:
    return " ".join(printed.get(word, word) for word in words)
