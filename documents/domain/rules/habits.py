"""What this file does: which forms of line, and which breaks, its documents begin with. Learnt from a first reading."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from documents.domain.rules.features import form_of
from documents.domain.rules.signals import LineSignals, Signals

_USUAL = 0.1  # share of lines looked at that begin documents, in files in general
_USUAL_ODDS = math.log(_USUAL / (1 - _USUAL))
_DOUBT = 2.0  # places of a form that it takes to outweigh what is usual
_TELLING = 4  # expected beginnings from which what a first reading passed by tells all that it can
_LEAST_SHARE = 0.05  # of the lines looked at, below which it passed by more than it ought to have
_MOST = 3.0  # logarithm of the odds beyond which a habit says no more

_SPEAKS: Mapping[str, tuple[str, str]] = {
    "form": ("opens_here", "stays_here"),
    "shape": ("shape_opens", "shape_stays"),
    "break": ("break_opens", "break_stays"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """For each form: at how many places it stands, and at how many of them a beginning is expected.

    What is expected is the sum of the chances that the first reading gave these places.
    """

    stands: Counter[str] = field(default_factory=Counter)
    opens: Mapping[str, float] = field(default_factory=dict)
    share: float = 0.0  # expected beginnings for each line that was looked at
    begun: float = 0.0  # expected beginnings: where there are hardly any, what was passed by tells nothing

    def signals(self, forms: Mapping[str, str], *, own: float) -> Signals:
        """What the habits say of a line of these forms: its `own` chance is left out of them."""
        found: Signals = {}
        known = min(1.0, (self.begun - own) / _TELLING, self.share / _LEAST_SHARE)
        for kind, form in forms.items():
            stands = self.stands[form] - 1
            if stands < 1:
                continue
            share = (self.opens.get(form, 0.0) - own + _DOUBT * _USUAL) / (stands + _DOUBT)
            odds = math.log(max(share, 0.01) / max(1 - share, 0.01)) - _USUAL_ODDS
            value = min(_MOST, abs(odds)) / _MOST
            if odds > 0:
                found[_SPEAKS[kind][0]] = value
            elif known:
                found[_SPEAKS[kind][1]] = value * known
        return found

    def opens_mostly(self, form: str) -> bool:
        """Whether lines of the form begin documents often enough to be known as such: twice, and three in ten."""
        return self.opens.get(form, 0.0) >= 2 and self.opens.get(form, 0.0) >= 0.3 * self.stands[form]


def read_forms(signals: LineSignals, position: int) -> dict[str, str]:
    """The forms of a line, by kind: its words with numbers masked, its look, and the break before it."""
    sheet = signals.sheet
    number = sheet.words[position]
    line = sheet.at(number)
    visit = number in sheet.visits
    before = signals.break_before(position)
    kind = (
        "visit" if visit else "note" if signals.notes.is_written(position) else "title" if line.title > 0
        else "head" if line.heading else "label" if line.groups else "prose" if line.prose else "line"
    )  # fmt: skip
    look = f"{kind} {line.capitals} {line.title_noun} {min(line.indent, 12)} {line.columns > 1}"
    forms = {"shape": f"shape {look} {before.form}", "break": f"break {before.form}"}
    if visit or line.title > 0 or line.groups or line.heading:
        forms["form"] = f"form {form_of(line) if not line.groups else line.folded.partition(':')[0]}"
    return forms


def learn_habits(forms: Iterable[Mapping[str, str]], *, opened: Sequence[float]) -> Habits:
    """The habits of a file of whose lines with these `forms` each begins a document with the chance `opened`."""
    stands: Counter[str] = Counter()
    opens: dict[str, float] = {}
    for each, chance in zip(forms, opened, strict=True):
        for form in each.values():
            stands[form] += 1
            opens[form] = opens.get(form, 0.0) + chance
    return Habits(stands=stands, opens=opens, begun=sum(opened), share=sum(opened) / max(1, len(opened)))
