"""Tying a window's claims to the lines of the file (I4): what does not stand in the source is no fact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.context import is_stated
from documents.domain.findings import CLINICAL, Claim
from documents.domain.lines import fold

REACH = 15  # lines on either side in which a misplaced quote is looked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounded:
    """The claims whose words stand in the file, and the lines of the others: for review, without a value."""

    claims: tuple[LocatedClaim, ...]
    rejected_lines: tuple[int, ...]  # of the whole file, where the claim said it was, held within the window


def ground_claims(*, claims: Iterable[Claim], lines: Sequence[str], first_line: int, last_line: int) -> Grounded:
    """Where each claim's quote really stands. `lines` are the whole file's, the window is first_line..last_line.

    1. The folded quote stands at the claimed line: taken.
    2. It stands in exactly one nearest line within REACH: moved there.
    3. It stands in one line of the window only: moved there.
    4. Otherwise, or where the raw value does not stand whole in that line (`is_stated`): rejected. That it stands in
       the quote is not enough: the quote may be cut in a word.

    The quote of a located claim is the file's own words, not the answer's: folding may have hidden a difference.
    """
    folded = [fold(line) for line in lines[first_line - 1 : last_line]]
    located: list[LocatedClaim] = []
    rejected: list[int] = []
    for claim in claims:
        quote, raw = fold(claim.quote), fold(claim.raw)
        index = _find_line(folded, quote, claim.line - 1) if quote and raw else None
        if index is None or not is_stated(field=claim.field, raw=raw, line=folded[index]):
            rejected.append(min(max(first_line, first_line + claim.line - 1), last_line))
            continue
        number = first_line + index
        located.append(
            LocatedClaim(field=claim.field, raw=claim.raw, line=number, quote=_own_words(lines[number - 1], claim))
        )
    return Grounded(claims=tuple(located), rejected_lines=tuple(sorted(rejected)))


def _find_line(folded: Sequence[str], quote: str, claimed: int) -> int | None:
    if 0 <= claimed < len(folded) and quote in folded[claimed]:
        return claimed
    near = [i for i in range(max(0, claimed - REACH), min(len(folded), claimed + REACH + 1)) if quote in folded[i]]
    if near:
        return min(near, key=lambda index: (abs(index - claimed), index))
    anywhere = [index for index, line in enumerate(folded) if quote in line]
    return anywhere[0] if len(anywhere) == 1 else None


def _own_words(line: str, claim: Claim) -> str:
    """The quote as the line prints it; the whole line where only folding made them equal.

    The quote of a clinical claim may be its first words only: then the raw words are what it is read from.
    """
    quote = claim.quote
    if claim.field in CLINICAL and fold(claim.raw) not in fold(quote):
        quote = claim.raw
    return quote if quote in line else line.strip()
