"""What this file does: which forms of line, and which breaks, its documents begin with. Learnt from a first reading."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from documents.domain.rules.features import form_of
from documents.domain.rules.signals import LineSignals, Signals

_USUAL = 0.1  # share of lines looked at that begin documents, in files in general
_DOUBT = 2.0  # places of a form that it takes to outweigh what is usual
_TELLING = 4  # beginnings of a first reading from which what it passed by tells all that it can
_LEAST_SHARE = 0.05  # of the lines looked at, below which it passed by more than it ought to have
_MOST = 3.0  # logarithm of the odds beyond which a habit says no more

_SPEAKS: Mapping[str, tuple[str, str]] = {
    "form": ("opens_here", "stays_here"),
    "shape": ("shape_opens", "shape_stays"),
    "break": ("break_opens", "break_stays"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """For each form: at how many places it stands, and at how many of them the first reading saw a beginning."""

    stands: Counter[str] = field(default_factory=Counter)
    opens: Counter[str] = field(default_factory=Counter)
    share: float = 0.0  # of the lines that were looked at that it took for beginnings
    begun: int = 0  # beginnings of the first reading: where it saw hardly any, what it passed by tells nothing

    def signals(self, forms: Mapping[str, str], *, begins: bool) -> Signals:
        """What the habits say of a line of these forms: its own part in them is left out."""
        found: Signals = {}
        known = min(1.0, (self.begun - begins) / _TELLING, self.share / _LEAST_SHARE)
        for kind, form in forms.items():
            stands = self.stands[form] - 1
            if stands < 1:
                continue
            share = (self.opens[form] - begins + _DOUBT * _USUAL) / (stands + _DOUBT)
            odds = math.log(max(share, 0.01) / max(1 - share, 0.01)) - math.log(_USUAL / (1 - _USUAL))
            value = min(_MOST, abs(odds)) / _MOST
            if odds > 0:
                found[_SPEAKS[kind][0]] = value
            elif known:
                found[_SPEAKS[kind][1]] = value * known
        return found

    def opens_mostly(self, form: str) -> bool:
        return self.opens[form] >= 2 and self.opens[form] >= 0.3 * self.stands[form]


def read_forms(signals: LineSignals, position: int) -> dict[str, str]:
    """The forms of a line, by kind: its words with numbers masked, its look, and the break before it."""
    sheet = signals.sheet
    number = sheet.words[position]
    line = sheet.at(number)
    visit = number in sheet.visits
    before = signals.break_before(position)
    kind = (
        "visit" if visit else "title" if line.title > 0 else "head" if line.heading else "label" if line.groups
        else "prose" if line.prose else "line"
    )  # fmt: skip
    look = f"{kind} {line.capitals} {line.title_noun} {min(line.indent, 12)} {line.columns > 1}"
    forms = {"shape": f"shape {look} {before.form}", "break": f"break {before.form}"}
    if visit or line.title > 0 or line.groups or line.heading:
        forms["form"] = f"form {form_of(line) if not line.groups else line.folded.partition(':')[0]}"
    return forms


def learn_habits(forms: Iterable[Mapping[str, str]], *, opened: Sequence[bool]) -> Habits:
    """The habits of a file of whose lines with these `forms` those with `opened` begin documents."""
    stands: Counter[str] = Counter()
    opens: Counter[str] = Counter()
    for each, begins in zip(forms, opened, strict=True):
        for form in each.values():
            stands[form] += 1
            opens[form] += begins
    return Habits(stands=stands, opens=opens, begun=sum(opened), share=sum(opened) / max(1, len(opened)))
