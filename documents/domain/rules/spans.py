"""What speaks for or against a document from one line to another: signals of two beginnings that follow each other."""

from documents.domain.rules import words
from documents.domain.rules.blocks import BLOCK_REACH
from documents.domain.rules.model import Weights
from documents.domain.rules.sheet import Sheet
from documents.domain.rules.signals import LineSignals, Signals

LONG_BEGUN = 18  # lines with words after which a document is no longer at its beginning
STRONG_HEADING = 3.0  # strength of an opening heading that opens notes wherever it stands


class Spans:
    """Reads the signals of spans. Each takes the same time however long the span: what is counted is summed up once."""

    def __init__(self, signals: LineSignals) -> None:
        self.sheet: Sheet = signals.sheet
        self.signals = signals
        features = [self.sheet.at(number) for number in self.sheet.words]
        self._late: list[int] = []  # for each position the last one before it with a heading of a late stage
        self._same_heading: dict[int, int] = {}  # the last position before it with the same opening heading
        last, seen = -1, dict[str, int]()
        for position, line in enumerate(features):
            self._late.append(last)
            if line.heading is None:
                continue
            if line.heading.stage >= words.LATE:
                last = position
            elif line.heading.stage == words.OPENING:
                self._same_heading[position] = seen.get(line.folded[:24], -1)
                seen[line.folded[:24]] = position

    def _leaves_entry(self, position: int) -> bool:
        """Whether the line begins an entry of a ledger, or is the first behind one."""
        number = self.sheet.words[position]
        ledger = self.sheet.ledger
        return (
            number in ledger.text_at
            or number in ledger.behind
            or number in self.sheet.of_kinds
            or number in self.sheet.templated
        )

    def most(self, position: int, *, weights: Weights) -> float:
        """What spans that end before `position` can add to its weight at the most."""
        line = self.sheet.at(self.sheet.words[position])
        opening = line.heading is not None and line.heading.stage == words.OPENING
        if opening:
            return sum(weights[name] for name in ("stage_back", "heading_again", "long_before"))
        return weights["stage_back"] if line.title > 0 else 0.0

    def of(self, first: int, position: int) -> Signals:
        """The signals of a document from position `first` that ends before `position`, where another begins."""
        found: Signals = {}
        length = position - first
        entry = self._leaves_entry(position) or self.signals.notes.stands_alone(first)
        if length <= BLOCK_REACH and not entry and self.signals.blocks.in_header(first, position):
            found["same_header"] = 1.0
        if entry:
            pass  # entries of a ledger, and notes of a day and a sentence, are as long as they are
        elif length == 1:
            found["after_one"] = 1.0
        elif length <= 3:
            found["after_few"] = 1.0
        elif length <= 7:
            found["after_little"] = 1.0
        line = self.sheet.at(self.sheet.words[position])
        ended = self._late[position] >= first
        if "under_title" in self.signals.of(position):
            return found  # what heads the block it stands in is the beginning
        if line.heading is not None and line.heading.stage == words.OPENING:
            again = self._same_heading[position] >= first and line.heading.strength >= STRONG_HEADING
            if again:
                found["heading_again"] = 1.0
            if ended:
                found["stage_back"] = 1.0
            elif not again and length < BLOCK_REACH:
                found["early_heading"] = 1.0
            if line.heading.strength >= STRONG_HEADING and length >= LONG_BEGUN:
                found["long_before"] = 1.0
        elif ended and line.title > 0 and "note_follows" in self.signals.of(position):
            found["stage_back"] = 1.0
        return found
