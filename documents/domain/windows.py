"""Windows: the runs of lines that are sent to the model, one call each.

Edges are chosen by content: among the lines at which the next window may begin, the one that most looks like a
beginning, ties broken by a hash of its words. Where an earlier file was cut at the same words, the cut is kept: lines
put in or taken out therefore move only the windows that they stand in, and the answers to all others are found again.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from documents.domain.lines import SourceText

LINE_LENGTH = 2_000  # characters of a line that a window shows
CHARACTERS_PER_TOKEN = 3.6  # an estimate; what is spent is what the provider counts
MARK_COST = 6  # characters that a line's number costs
WINDOW_TOKENS = 8_000  # what a window shows at the most, overlap included
OVERLAP_LINES = 40
OVERLAP_SHARE = 0.10

_WINDOW_COST = int(WINDOW_TOKENS * CHARACTERS_PER_TOKEN)
_OWNED_MOST = int(_WINDOW_COST * (1 - OVERLAP_SHARE))
_OWNED_LEAST = int(_OWNED_MOST * 0.7)
_MARGIN_LINES = OVERLAP_LINES // 2
_MARGIN_COST = int(_WINDOW_COST * OVERLAP_SHARE / 2)
_KNOWN_BY_BEFORE, _KNOWN_BY_BEHIND = 3, 12  # lines: a letterhead alone must not be taken for a place that is known
_SPLIT_FROM = 0.35  # of what a window owns: its halves are at least so large, where lines allow it
_MARGIN_MOST = 3 * _MARGIN_COST  # long lines must not let the overlap outgrow the window


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A run of lines that one question shows, and the part of it whose starts this window decides.

    All lines are 1-based and of the whole file, ends inclusive. Windows overlap; what they own does not, and together
    they own every line. Within the question a line is numbered `line - first_line + 1`.
    """

    index: int  # position among the windows of a file, from 0
    first_line: int
    last_line: int
    owned_first: int
    owned_last: int
    shown: tuple[int, ...]  # the lines that are sent: neither blank nor noise, within first_line..last_line

    def owns(self, line: int) -> bool:
        return self.owned_first <= line <= self.owned_last

    @property
    def owned(self) -> tuple[int, ...]:
        """The lines that it shows and owns; of two and more, it can be asked about in parts."""
        return tuple(number for number in self.shown if self.owns(number))


def cut_windows(
    text: SourceText, *, words: Sequence[int], edges: Sequence[float], known: Sequence[int] = ()
) -> tuple[Window, ...]:
    """The windows of a file. `words` are the numbers of the lines to send, increasing; `edges[i]` tells how much
    `words[i]` looks like a beginning, by that line and its neighbours alone; `known` are the places in `words` at which
    a window of an earlier file began with the same words, increasing. No words, no windows.
    """
    if not words:
        return ()
    costs = [min(len(text.lines[number - 1]), LINE_LENGTH) + MARK_COST for number in words]
    ends = list(accumulate(costs))
    cuts = [0]
    while (cut := _next_cut(text, words=words, edges=edges, ends=ends, begin=cuts[-1], known=known)) is not None:
        cuts.append(cut)
    cuts.append(len(words))
    return tuple(
        _window(index, text=text, words=words, costs=costs, begin=begin, end=end)
        for index, (begin, end) in enumerate(pairwise(cuts))
    )


def _next_cut(
    text: SourceText,
    *,
    words: Sequence[int],
    edges: Sequence[float],
    ends: Sequence[int],
    begin: int,
    known: Sequence[int],
) -> int | None:
    """Where, in `words`, the window after the one that begins at `begin` begins; None if that is the last one.

    The furthest known place that the window can reach, however near: after it the old windows come again.
    """
    spent = ends[begin - 1] if begin else 0
    room = min(_OWNED_MOST + _MARGIN_COST, _WINDOW_COST - _margin_cost(ends, begin=begin - _MARGIN_LINES, end=begin))
    if ends[-1] - spent <= min(_OWNED_MOST, room):
        return None
    least = begin + 1
    while least < len(words) - 1 and ends[least - 1] - spent < _OWNED_LEAST:
        least += 1
    most = least
    while (
        most < len(words) - 1
        and ends[most] - spent + _margin_cost(ends, begin=most + 1, end=most + 1 + _MARGIN_LINES) <= room
    ):
        most += 1
    reached = bisect_right(known, most) - 1
    if reached >= 0 and known[reached] > begin:
        return known[reached]
    return max(range(least, most + 1), key=lambda place: (edges[place], _lot(text.lines[words[place] - 1])))


def digest_places(text: SourceText, *, words: Sequence[int]) -> list[str]:
    """For each place in `words` what tells it from others, wherever it stands: a digest (16 hex digits) of its line, of
    the `_KNOWN_BY_BEHIND` that follow and of the `_KNOWN_BY_BEFORE` before it.
    """
    lots = [_lot(text.lines[number - 1].strip()) for number in words]
    return [
        hashlib.blake2b(
            b"".join(lots[max(0, place - _KNOWN_BY_BEFORE) : place + 1 + _KNOWN_BY_BEHIND]), digest_size=8
        ).hexdigest()
        for place in range(len(words))
    ]


def _margin_cost(ends: Sequence[int], *, begin: int, end: int) -> int:
    """What the margin at the places begin..end - 1 costs at the most; see _reach."""
    begin, end = max(0, begin), min(len(ends), end)
    cost = (ends[end - 1] if end else 0) - (ends[begin - 1] if begin else 0)
    return max(_MARGIN_COST, min(_MARGIN_MOST, cost))


def _lot(line: str) -> bytes:
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _window(
    index: int, *, text: SourceText, words: Sequence[int], costs: Sequence[int], begin: int, end: int
) -> Window:
    first, last = _reach(costs, begin=begin, step=-1), _reach(costs, begin=end - 1, step=1)
    return Window(
        index=index,
        first_line=words[first],
        last_line=words[last],
        owned_first=1 if begin == 0 else words[begin],
        owned_last=len(text.lines) if end == len(words) else words[end] - 1,
        shown=tuple(words[first : last + 1]),
    )


def _reach(costs: Sequence[int], *, begin: int, step: int) -> int:
    """How far the margin reaches from `begin`: half the overlap, in lines and in cost, as far as there are lines."""
    place, lines, cost = begin, 0, 0
    while 0 <= place + step < len(costs):
        most = _MARGIN_MOST if lines < _MARGIN_LINES else _MARGIN_COST
        if lines and cost + costs[place + step] > most:
            break
        place += step
        lines += 1
        cost += costs[place]
    return place


def split_window(
    window: Window, *, text: SourceText, words: Sequence[int], edges: Sequence[float], indexes: tuple[int, int]
) -> tuple[Window, Window] | None:
    """The window in two that together own what it owns, cut where a line near its middle most looks like a beginning;
    None where it owns but one line that is shown. `words` and `edges` as for `cut_windows`; `indexes` for the halves.
    """
    owned = window.owned
    if len(owned) < 2:
        return None
    looks = dict(zip(words, edges, strict=True))
    ends = list(accumulate(min(len(text.lines[number - 1]), LINE_LENGTH) + MARK_COST for number in owned))
    central = [
        place for place in range(1, len(owned)) if _SPLIT_FROM <= ends[place - 1] / ends[-1] <= 1 - _SPLIT_FROM
    ] or [len(owned) // 2]
    cut = owned[max(central, key=lambda place: (looks[owned[place]], _lot(text.lines[owned[place] - 1])))]
    place = window.shown.index(cut)
    margin = min(_MARGIN_LINES, len(owned) // 4)  # each half must be smaller than the whole
    before, behind = window.shown[: place + margin], window.shown[max(0, place - margin) :]
    first = _part_of(window, index=indexes[0], shown=before, owned=(window.owned_first, cut - 1))
    return first, _part_of(window, index=indexes[1], shown=behind, owned=(cut, window.owned_last))


def _part_of(window: Window, *, index: int, shown: tuple[int, ...], owned: tuple[int, int]) -> Window:
    return replace(
        window,
        index=index,
        first_line=shown[0],
        last_line=shown[-1],
        owned_first=owned[0],
        owned_last=owned[1],
        shown=shown,
    )


def window_around(text: SourceText, *, words: Sequence[int], line: int, reach: int, index: int) -> Window:
    """A small window for one more question: `reach` lines of `words` on either side of `line`, all of them owned."""
    near = [number for number in words if line - 3 * reach <= number <= line + 3 * reach]
    before = [number for number in near if number < line][-reach:]
    behind = [number for number in near if number >= line][: reach + 1]
    shown = _within_cost(text, before=before, behind=behind) or [line]
    return Window(
        index=index,
        first_line=shown[0],
        last_line=shown[-1],
        owned_first=shown[0],
        owned_last=shown[-1],
        shown=tuple(shown),
    )


def _within_cost(text: SourceText, *, before: list[int], behind: list[int]) -> list[int]:
    def keep(numbers: Sequence[int]) -> list[int]:
        spent = 0
        kept: list[int] = []
        for number in numbers:
            spent += min(len(text.lines[number - 1]), LINE_LENGTH) + MARK_COST
            if kept and spent > _WINDOW_COST // 2:
                break
            kept.append(number)
        return kept

    return keep(before[::-1])[::-1] + keep(behind)
