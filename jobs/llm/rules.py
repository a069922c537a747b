"""The rules engine as a client: answers a window's question as a model would, at once and for nothing."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from documents.domain.facts.claims import LocatedClaim
from documents.domain.findings import MAX_QUOTE, Claim, Finding, Start
from documents.domain.rules.engine import Reading
from documents.domain.windows import Window
from jobs.llm.client import Question, Reply, Usage


class RulesClient:
    """Answers from what the rules read in the whole file: `reading` and the claims that they propose."""

    engine: Literal["rules"] = "rules"
    model: None = None
    settings: Mapping[str, Any] = {}

    def __init__(self, *, reading: Reading, claims: Sequence[LocatedClaim]) -> None:
        self._reading = reading
        self._claims = sorted(claims, key=lambda claim: claim.line)
        self._claim_lines = [claim.line for claim in self._claims]
        self._starts = sorted(reading.start_lines)

    def ask(self, *, question: Question) -> Reply:
        """The starts and claims of the question's window. Never fails."""
        window = question.window
        finding = Finding(starts=tuple(self._find_starts(window)), facts=tuple(self._find_claims(window)))
        return Reply(
            finish="complete",
            text="",
            finding=finding,
            model=None,
            usage=Usage(input_tokens=0, output_tokens=0),
            cost_usd=Decimal(0),
            latency_seconds=0.0,
        )

    def _find_starts(self, window: Window) -> list[Start]:
        place, end = (
            bisect_left(self._starts, window.first_line),
            bisect_right(self._starts, window.last_line),
        )
        return [self._name(line, offset=window.first_line - 1) for line in self._starts[place:end]]

    def _name(self, line: int, *, offset: int) -> Start:
        """The start at `line`, without a name: the rules name whole documents, once it is known where they end."""
        quote = self._reading.text.lines[line - 1].strip()[:MAX_QUOTE]
        return Start(line=line - offset, quote=quote, title=None, type=None, date=None)

    def _find_claims(self, window: Window) -> list[Claim]:
        place = bisect_left(self._claim_lines, window.first_line)
        end = bisect_right(self._claim_lines, window.last_line)
        return [
            Claim(field=claim.field, raw=claim.raw, line=claim.line - window.first_line + 1, quote=claim.quote)
            for claim in self._claims[place:end]
        ]
