"""The order of day and month at each place of a file: a file that holds several is of several writers."""

from bisect import bisect_right

from documents.domain.dates import DateOrder, infer_order
from documents.domain.lines import SourceText


class DateOrders:
    """The order in which each part of a file writes dates: by its own dates, else by those of the whole file.

    A ZIP of several practices, an e-mail with the papers of another one: what is ambiguous in one part is decided by
    nothing in the others, unless the part itself has nothing to decide it and the others agree.
    """

    def __init__(self, text: SourceText) -> None:
        whole = infer_order(lines=text.lines)
        self._starts = [part.first_line for part in text.parts]
        if len(self._starts) < 2:
            self._orders = [whole]
        else:
            others: DateOrder = "unknown" if whole == "mixed" else whole
            ends = [*(start - 1 for start in self._starts[1:]), len(text.lines)]
            own = [
                infer_order(lines=text.lines[start - 1 : end]) for start, end in zip(self._starts, ends, strict=True)
            ]
            self._orders = [others if order == "unknown" else order for order in own]

    def of(self, line: int) -> DateOrder:
        """The order at a line (1-based)."""
        if len(self._orders) == 1:
            return self._orders[0]
        return self._orders[max(0, bisect_right(self._starts, line) - 1)]

    @property
    def all(self) -> frozenset[DateOrder]:
        return frozenset(self._orders)
