"""Findings of windows to one partition of the file (v1).

    1. Every start is grounded: it is where its quote stands. What cannot be grounded is asked again, once.
    2. Every line has one owner window, whose vote counts; another window that shows the line with context on its left
       supports it or differs.
    3. Where they differ the rules decide if they are sure; else one more question is asked about the lines around.
    4. What neither the rules nor another window support, and what does not look like a beginning, is not taken: it
       stays as a proposal in the warnings.
    5. Where the model is silent, a start that the rules are sure of is added.

All of it is a function of the set of findings: the order in which windows answer does not matter (I2). The result
covers every line exactly once (I1).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from documents.domain.findings import Finding, Start
from documents.domain.grounding import GroundedStart, Grounding, RejectedStart, ground_start
from documents.domain.lines import is_blank, strip_invisible
from documents.domain.made_titles import make_title
from documents.domain.rules.engine import Reading
from documents.domain.rules.starts import RuleStart
from documents.domain.segmentation import LASTING_GAPS, Document, Gap, GapReason, Segmentation
from documents.domain.windows import Window

VERSION = "v1"
NO_CONTEXT = 3  # first lines of a window whose votes do not count: what stands before them is not seen
LEAST_BY_POINTS = 0.50  # confidence that the rules give alone: at no points
PER_POINT = 0.08  # and for each point
MOST_BY_POINTS = 0.90
UNPRINTED = 0.70  # confidence of a document whose answer gives a title or date that its lines do not print
TITLE_LENGTH = 160  # characters of a title that are kept
REVIEW_BELOW = 0.75  # confidence below which a document is for review
FOLLOW_UP_REACH = 60  # lines shown on either side of a line that is asked about once more
SECOND_REACH = 40  # the same, where an answer to such a question raised the doubt
SAME_QUESTION = 40  # lines within which two doubts are asked about in one question

_GROUNDED: Mapping[Grounding, float] = {"verified": 0.0, "repaired": -0.03, "fuzzy": -0.10}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A window and what was made of its answer. `finding` is None where no answer could be had."""

    window: Window
    finding: Finding | None


DoubtReason = Literal[
    "differ",  # two windows do not agree
    "unsupported",  # one answer alone names the line, and it does not look like a beginning
    "silent",  # the rules see a beginning there, not surely, and no answer names it
    "ungrounded",  # a start's quote was not found
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A line that is asked about once more."""

    line: int
    reason: DoubtReason


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A line at which a document begins, and who says so."""

    line: int
    confidence: float
    start: Start | None  # the model's naming; None where the rules alone say so


class Votes:
    """The grounded starts of all windows: who names which line, and who saw it and does not."""

    def __init__(self, heard: Sequence[Heard], *, reading: Reading) -> None:
        self.reading = reading
        self.heard = sorted(heard, key=lambda each: (each.window.index, each.window.first_line))
        self.named: dict[int, dict[int, GroundedStart]] = {}  # line to window index to start
        self.rejected: list[RejectedStart] = []
        for each in self.heard:
            for start in each.finding.starts if each.finding is not None else ():
                self._count(each, ground_start(start, window=each.window, folded=reading.folded))
        self._owned_from = [each.window.owned_first for each in self.heard]

    def _count(self, each: Heard, start: GroundedStart | RejectedStart) -> None:
        if isinstance(start, RejectedStart):
            self.rejected.append(start)
            return
        voters = self.named.setdefault(start.line, {})
        known = voters.get(each.window.index)
        if known is None or _rank(start) > _rank(known):
            voters[each.window.index] = start

    def _place(self, line: int) -> int:
        return max(0, bisect_right(self._owned_from, line) - 1)

    def owner(self, line: int) -> Heard:
        return self.heard[self._place(line)]

    def naming(self, line: int) -> GroundedStart:
        """The start that names `line`: its owner's, who sees what follows, else the first window's."""
        voters = self.named[line]
        return voters.get(self.owner(line).window.index) or voters[min(voters)]

    def others(self, line: int) -> list[Heard]:
        """Windows besides the owner that answered and show `line` with context on its left."""
        place = self._place(line)
        return [
            each
            for each in self.heard[max(0, place - 2) : place + 3]
            if each is not self.heard[place] and each.finding is not None and _sees(each.window, line)
        ]

    def support(self, line: int) -> RuleStart | None:
        """The rules' start that speaks for `line`: at it, or in its header block and named by none who names `line`."""
        rules = self.reading.start_lines
        if line in rules:
            return rules[line]
        twin = self.reading.header_twin(line, among=rules)
        return rules[twin] if twin is not None and not self.told_apart(line, twin) else None

    def windows(self, line: int) -> list[Window]:
        """The windows that name `line`."""
        voters = self.named.get(line, {})
        return [each.window for each in self.heard if each.window.index in voters]

    def told_apart(self, line: int, other: int) -> bool:
        """Whether one window names both lines: then they are two beginnings, not one that is placed differently."""
        return not self.named.get(line, {}).keys().isdisjoint(self.named.get(other, {}))

    def is_unread(self, line: int) -> bool:
        return self.owner(line).finding is None


def _rank(start: GroundedStart) -> tuple[float, str, str, str, str, int]:
    """Which of two starts that one answer names for one line is heard, in whatever order it names them."""
    said = start.start
    return (
        _GROUNDED[start.grounding],
        said.quote,
        said.title or "",
        said.date or "",
        said.type or "",
        said.line,
    )


def _sees(window: Window, line: int) -> bool:
    place = bisect_left(window.shown, line)
    return (
        place < len(window.shown) and window.shown[place] == line and (place >= NO_CONTEXT or window.owned_first == 1)
    )


def find_doubts(votes: Votes) -> tuple[Doubt, ...]:
    """The lines to ask about once more, increasing, none near another. No doubts where the rules are sure."""
    doubts: dict[int, DoubtReason] = {}
    for line in votes.named:
        if _is_disputed(votes, line):
            doubts[line] = "differ"
        elif _is_unsupported(votes, line):
            doubts[line] = "unsupported"
    for start in votes.reading.starts[1:]:  # the first begins a document whoever names it
        if not start.sure and _is_silent(votes, start.line):
            doubts[start.line] = "silent"
    settled = sorted(set(votes.named) | {start.line for start in votes.reading.starts})
    for rejected in votes.rejected:
        nearest = _nearest(settled, rejected.line)
        if nearest is None or abs(nearest - rejected.line) > NO_CONTEXT:
            doubts.setdefault(_clamp(rejected.line, votes), "ungrounded")
    return _choose(doubts)


def find_new_doubts(votes: Votes, *, follow_ups: Sequence[Heard]) -> tuple[Doubt, ...]:
    """Lines that an answer to a further question names first and alone: asked about once more themselves."""
    second = Votes(follow_ups, reading=votes.reading)
    new = {
        line
        for line in set(second.named) - set(votes.named)
        if any(_sees(window, line) for window in second.windows(line))
    }
    return _choose({line: "unsupported" for line in new if _is_unsupported(second, line) and not votes.is_unread(line)})


def _choose(doubts: Mapping[int, DoubtReason]) -> tuple[Doubt, ...]:
    """The doubts by line, one for all that stand near each other: a question shows the lines around it as well."""
    chosen: list[Doubt] = []
    for line, reason in sorted(doubts.items()):
        if not chosen or line - chosen[-1].line > SAME_QUESTION:
            chosen.append(Doubt(line=line, reason=reason))
    return tuple(chosen)


def _clamp(line: int, votes: Votes) -> int:
    return min(max(1, line), len(votes.reading.text.lines))


def _is_disputed(votes: Votes, line: int) -> bool:
    """Whether the windows that saw `line` differ about it, and the rules are not sure either way."""
    if votes.is_unread(line) or votes.support(line) is not None:
        return False
    voters = votes.named[line]
    owner_says = votes.owner(line).window.index in voters
    others = votes.others(line)
    return any((each.window.index in voters) != owner_says for each in others)


def _is_unsupported(votes: Votes, line: int) -> bool:
    """Whether one answer alone names `line`, and it does not look like a beginning."""
    if votes.is_unread(line) or votes.support(line) is not None or len(votes.named[line]) > 1:
        return False
    return line not in votes.reading.noise.lines and not votes.reading.looks_like_a_beginning(line)


def _is_silent(votes: Votes, line: int) -> bool:
    """Whether the windows that read `line` name neither it nor another line of its header block."""
    if votes.is_unread(line) or line in votes.named:
        return False
    return votes.reading.header_twin(line, among=votes.named) is None


def _nearest(numbers: Sequence[int], line: int) -> int | None:
    place = bisect_left(numbers, line)
    return min(numbers[max(0, place - 1) : place + 1], key=lambda number: abs(number - line), default=None)


def stitch(votes: Votes, *, follow_ups: Sequence[Heard] = (), model_read: bool = True) -> Segmentation:
    """The segmentation that the votes, the rules and the answers to further questions make.

    `model_read` is False where the rules engine answered: then every document is for review.
    """
    warnings: list[str] = []
    second = Votes(follow_ups, reading=votes.reading) if follow_ups else None
    accepted = _accept_named(votes, second=second, warnings=warnings)
    _add_sure(accepted, votes=votes)
    gaps = _keep_gaps(votes.reading, accepted=accepted)
    _begin_at_first_line(accepted, reading=votes.reading, gaps=gaps)
    if not model_read:
        accepted = _weigh_by_points(accepted, reading=votes.reading)
    warnings += _tell_unanswered(follow_ups)
    return _partition(votes.reading, accepted=accepted, gaps=gaps, model_read=model_read, warnings=warnings)


def _weigh_by_points(accepted: Mapping[int, Accepted], *, reading: Reading) -> dict[int, Accepted]:
    """The rules' starts with a confidence of their own: nobody agrees or differs, so their points have to tell."""
    weighed = {}
    for line, each in accepted.items():
        start = reading.start_lines.get(line)
        points = 0.0 if start is None else start.points
        sure = MOST_BY_POINTS if line == reading.words[0] else LEAST_BY_POINTS + points * PER_POINT
        weighed[line] = replace(each, confidence=min(MOST_BY_POINTS, max(LEAST_BY_POINTS, sure)))
    return weighed


def _accept_named(votes: Votes, *, second: Votes | None, warnings: list[str]) -> dict[int, Accepted]:
    accepted: dict[int, Accepted] = {}
    candidates = {line: votes.naming(line) for line in votes.named}
    if second is not None:
        seen = (line for line in second.named if any(_sees(window, line) for window in second.windows(line)))
        candidates = {line: second.naming(line) for line in seen} | candidates
    for line, start in sorted(candidates.items()):
        confidence = _weigh(votes, line=line, start=start, second=second)
        if confidence is None:
            continue
        if confidence <= 0:
            warnings.append(f"line {line}: proposed as a beginning by one answer, supported by nothing else, not taken")
            continue
        twin = votes.reading.header_twin(line, among=accepted)
        if twin is not None and not votes.told_apart(line, twin):
            confidence = max(confidence, accepted.pop(twin).confidence) if _better(start, twin, votes) else 0.0
        if confidence > 0:
            begin = _first_of_block(votes, line)
            accepted[begin] = Accepted(line=begin, confidence=confidence, start=start.start)
    return accepted


def _first_of_block(votes: Votes, line: int) -> int:
    """Where the document that a start at `line` names begins: at the line above it that the rules are sure of, if the
    two stand in one header block and nobody names that line as a beginning of its own."""
    rules = votes.reading.start_lines
    if line in rules:
        return line
    twin = votes.reading.header_twin(line, among=rules)
    above = twin is not None and twin < line and rules[twin].sure and twin not in votes.named
    return twin if twin is not None and above else line


def _better(start: GroundedStart, twin: int, votes: Votes) -> bool:
    """Of two starts in one header block: whether the later is the rules' and the earlier is not."""
    rules = votes.reading.start_lines
    return start.line in rules and twin not in rules


def _weigh(votes: Votes, *, line: int, start: GroundedStart, second: Votes | None) -> float | None:
    """Confidence in a start (0: only a proposal), or None where it is no start at all."""
    reading = votes.reading
    if votes.is_unread(line) or line in reading.noise.lines or reading.in_lasting_gap(line):
        return None
    voters = votes.named.get(line, {})
    owner_says = votes.owner(line).window.index in voters
    supporters = [each for each in votes.others(line) if each.window.index in voters]
    differs = any(each.window.index not in voters for each in votes.others(line)) if owner_says else bool(supporters)
    by_rules = votes.support(line)
    asked = second is not None and any(each.finding is not None and line in each.window.shown for each in second.heard)
    again = sum(_sees(window, line) for window in second.windows(line)) if second is not None else 0
    slip = _GROUNDED[start.grounding]
    if by_rules is not None:
        return (0.97 if supporters and owner_says else 0.95 if owner_says else 0.85) + slip
    if owner_says and supporters:
        return 0.90 + slip
    if asked and not again and (differs or not owner_says):
        return 0.0
    plausible = reading.looks_like_a_beginning(line)
    if (voters and again) or again > 1:
        return (0.80 if plausible else 0.76) + slip
    if not plausible:
        return 0.0
    if again:
        return 0.70 + slip
    if not owner_says:
        return None
    return (0.60 if differs else 0.76) + slip


def _add_sure(accepted: dict[int, Accepted], *, votes: Votes) -> None:
    """Starts of the rules: where a window was not read all of them, elsewhere those they are sure of."""
    reading = votes.reading
    for start in reading.starts:
        if start.line in accepted or reading.header_twin(start.line, among=accepted) is not None:
            continue
        if votes.is_unread(start.line):
            accepted[start.line] = Accepted(line=start.line, confidence=0.6 if start.sure else 0.5, start=None)
        elif start.sure:
            accepted[start.line] = Accepted(line=start.line, confidence=0.7, start=None)


def _keep_gaps(reading: Reading, *, accepted: Mapping[int, Accepted]) -> list[Gap]:
    """The rules' gaps that stand between documents: behind each follows a start, or nothing."""
    kept = []
    for gap in reading.gaps:
        if any(gap.start_line <= line <= gap.end_line for line in accepted):
            continue
        follower = reading.next_word(gap.end_line)
        if follower is None or follower in accepted or gap.reason in LASTING_GAPS:
            kept.append(gap)
    return kept


def _begin_at_first_line(accepted: dict[int, Accepted], *, reading: Reading, gaps: Sequence[Gap]) -> None:
    """Nothing is lost: the first line with words begins a document, and so does the first one behind a lasting gap."""
    covered = {line for gap in gaps for line in range(gap.start_line, gap.end_line + 1)}
    begins = [next((number for number in reading.words if number not in covered), None)]
    begins += [reading.next_word(gap.end_line) for gap in gaps if gap.reason in LASTING_GAPS]
    for line in begins:
        if line is None or line in accepted or line in covered:
            continue
        twin = reading.header_twin(line, among=accepted)
        if twin is not None and twin > line and not any(line < gap.start_line < twin for gap in gaps):
            moved = accepted.pop(twin)
            accepted[line] = Accepted(line=line, confidence=moved.confidence, start=moved.start)
        else:
            accepted[line] = Accepted(line=line, confidence=0.7, start=None)


def _tell_unanswered(follow_ups: Sequence[Heard]) -> list[str]:
    return [
        f"lines {each.window.first_line} to {each.window.last_line} were asked about once more, without an answer"
        for each in follow_ups
        if each.finding is None
    ]


def _partition(
    reading: Reading,
    *,
    accepted: Mapping[int, Accepted],
    gaps: Sequence[Gap],
    model_read: bool,
    warnings: Sequence[str],
) -> Segmentation:
    total = len(reading.text.lines)
    tops = {line: reading.page_top(line) for line in accepted}
    accepted = {tops[line]: replace(each, line=tops[line]) for line, each in sorted(accepted.items())}
    lines = sorted(accepted)
    pieces = sorted([*lines, *(gap.start_line for gap in gaps)])
    pieces.append(total + 1)
    documents = tuple(
        _name(reading, accepted[line], end=pieces[bisect_right(pieces, line)] - 1, model_read=model_read)
        for line in lines
    )
    first = pieces[0]
    stretched = [_stretch(gap, pieces=pieces) for gap in gaps]
    if first > 1:
        stretched.insert(0, Gap(start_line=1, end_line=first - 1, reason=_reason_of_head(reading, end=first - 1)))
    return Segmentation(
        version=f"{VERSION}/{reading.scene.model.version}",
        documents=documents,
        gaps=tuple(sorted(stretched, key=lambda gap: gap.start_line)),
        noise_lines=reading.noise.lines,
        warnings=tuple(warnings),
    )


def _reason_of_head(reading: Reading, *, end: int) -> GapReason:
    return "blank" if all(is_blank(line) for line in reading.text.lines[:end]) else "running_lines"


def _stretch(gap: Gap, *, pieces: Sequence[int]) -> Gap:
    """The gap with the blank lines behind it."""
    end = pieces[bisect_right(pieces, gap.start_line)] - 1
    return Gap(start_line=gap.start_line, end_line=end, reason=gap.reason)


def _name(reading: Reading, accepted: Accepted, *, end: int, model_read: bool) -> Document:
    """The document from an accepted start to `end`. A title or date that its lines do not print is not believed."""
    named = reading.name(start=accepted.line, end=end)
    start = accepted.start
    title, kind, date, confidence = named.title, named.type, named.date, accepted.confidence
    if start is not None:
        kind = start.type or named.type
        if start.title and reading.prints_title(start.title, start=accepted.line, end=end):
            title = _one_line(start.title)
        elif start.title:
            confidence = min(confidence, UNPRINTED)
        if start.date and start.date != named.date:
            if reading.prints_date(start.date, start=accepted.line, end=end):
                date = start.date
            else:
                confidence = min(confidence, UNPRINTED)
    confidence = round(max(0.05, confidence), 2)
    return Document(
        start_line=accepted.line,
        end_line=end,
        title=title or make_title(kind=kind, date=date, language=reading.language),
        title_printed=title is not None,
        type=kind,
        date=date,
        confidence=confidence,
        needs_review=not model_read or confidence < REVIEW_BELOW,
    )


def _one_line(title: str) -> str:
    return " ".join(strip_invisible(title).split())[:TITLE_LENGTH]
