"""One file's way from numbered lines to documents, patients and facts.

    1. The rules read the whole file: noise, starts, gaps.
    2. The file is cut into windows, and each is asked about, many at once, through the gateway.
    3. What was too long for one answer is asked about in parts; doubts are asked about once more.
    4. The answers are stitched to one partition, which must cover every line (I1).
    5. Claims are tied to the words they quote (I4), checked, and filed on the file's patients.

Where an answer cannot be had the rules' reading stands in for it, and a warning names the lines.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from documents.domain import prompts
from documents.domain.doubt import flag_doubtful
from documents.domain.facts.claims import LocatedClaim
from documents.domain.facts.filing import Filing, file_facts
from documents.domain.facts.grounding import Grounded, ground_claims
from documents.domain.facts.proposing import propose_claims
from documents.domain.findings import MEASURED
from documents.domain.lines import SourceText
from documents.domain.rules.engine import Reading, read
from documents.domain.segmentation import Segmentation, assert_partition
from documents.domain.stitching import (
    FOLLOW_UP_REACH,
    SECOND_REACH,
    Doubt,
    Heard,
    Votes,
    find_doubts,
    find_new_doubts,
    stitch,
)
from documents.domain.windows import Window, cut_windows, digest_places, split_window, window_around
from jobs.domain.retries import CURES, TOO_LONG, FailureKind
from jobs.llm.client import Purpose, Question
from jobs.llm.gateway import Answer, Gateway

FindKnown = Callable[[Sequence[str]], Container[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How far the asking has come."""

    windows_done: int
    windows_total: int
    documents: int  # that begin in the windows that are answered, before the answers are weighed against each other


OnProgress = Callable[[Reached], None]


class PreparedFile:
    """A file made ready to be asked about: what the rules read in it, and its windows."""

    def __init__(
        self, text: SourceText, *, find_known: FindKnown | None = None, prompt_version: str = prompts.VERSION
    ) -> None:
        """`find_known` tells which of the places' digests earlier files were cut at.

        `prompt_version` is that of the prompt by which it is asked about.
        """
        self.text = text
        self.prompt_version = prompt_version
        self.reading: Reading = read(text)
        words, edges = self.reading.words, self.reading.edges()
        known: list[int] = []
        if find_known is not None:
            digests = digest_places(text, words=words)
            found = find_known(digests)
            known = [place for place, digest in enumerate(digests) if digest in found]
        self.windows: tuple[Window, ...] = cut_windows(text, words=words, edges=edges, known=known)

    @cached_property
    def cuts(self) -> tuple[str, ...]:
        """The digests of the places at which its windows begin, but for the first one's."""
        begins = {window.owned_first for window in self.windows[1:]}
        digests = digest_places(self.text, words=self.reading.words)
        return tuple(digest for number, digest in zip(self.reading.words, digests, strict=True) if number in begins)

    @cached_property
    def claims(self) -> tuple[LocatedClaim, ...]:
        """What the rules read of patients, over the whole file."""
        return propose_claims(text=self.text, noise=self.reading.noise.lines)

    @cached_property
    def measured(self) -> tuple[LocatedClaim, ...]:
        """Of these the laboratory values and vitals, which are the rules' whatever the engine."""
        return tuple(claim for claim in self.claims if claim.field in MEASURED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A window that no answer could be had for: the rules read what it owns."""

    window: Window
    failure: FailureKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """What came of one file."""

    segmentation: Segmentation
    filing: Filing
    unread: tuple[Unread, ...]
    warnings: tuple[str, ...]


def analyze(
    *, prepared: PreparedFile, gateway: Gateway, model_reads: bool, on_progress: OnProgress | None = None
) -> Analysis:
    """Ask, stitch and file. `model_reads` is False where the gateway's client is the rules engine.

    Raises BrokenPartition if the stitching lost or doubled a line, which is a defect of ours.
    """
    answers = _ask(prepared, windows=prepared.windows, purpose="window", gateway=gateway, on_progress=on_progress)
    answers = _ask_in_halves(prepared, answers=answers, gateway=gateway)
    heard = _as_heard(answers)
    votes = Votes(heard, reading=prepared.reading)
    further = _ask_further(prepared, votes=votes, gateway=gateway) if model_reads else []
    segmentation = stitch(votes, follow_ups=further, model_read=model_reads)
    assert_partition(segmentation, text=prepared.text)
    claims, ungrounded = _gather_claims(prepared, heard=heard, further=further)
    filing = file_facts(claims=claims, segmentation=segmentation, text=prepared.text)
    segmentation, filing = flag_doubtful(segmentation=segmentation, filing=filing, text=prepared.text)
    unread = tuple(
        Unread(window=answer.question.window, failure=answer.failure)
        for answer in answers
        if answer.failure is not None
    )
    return Analysis(
        segmentation=segmentation,
        filing=filing,
        unread=unread,
        warnings=(
            *prepared.text.warnings,
            *_tell_unread(unread),
            *segmentation.warnings,
            *filing.warnings,
            *ungrounded,
        ),
    )


def _tell_unread(unread: Iterable[Unread]) -> list[str]:
    return [
        f"lines {each.window.owned_first} to {each.window.owned_last} were not read by the model"
        f" ({each.failure.replace('_', ' ')}); the rules read them. {CURES.get(each.failure, '')}".rstrip()
        for each in unread
    ]


def make_question(window: Window, *, prepared: PreparedFile, purpose: Purpose, is_half: bool = False) -> Question:
    """`is_half`: of a window that was too long; it is not asked in smaller parts still."""
    return Question(
        window=window,
        purpose=purpose,
        prompt_version=prepared.prompt_version,
        instructions=prompts.instructions(version=prepared.prompt_version),
        content=prompts.show(window, text=prepared.text),
        schema_name=prompts.SCHEMA_NAME,
        schema=prompts.schema(version=prepared.prompt_version),
        max_output_tokens=prompts.MAX_OUTPUT_TOKENS,
        has_parts=purpose == "window" and not is_half and len(window.owned) > 1,
    )


def _ask(
    prepared: PreparedFile,
    *,
    windows: Sequence[Window],
    purpose: Purpose,
    gateway: Gateway,
    on_progress: OnProgress | None = None,
    are_halves: bool = False,
) -> list[Answer]:
    """An answer for each window, in the order of the file, in whatever order they come."""
    questions = (make_question(window, prepared=prepared, purpose=purpose, is_half=are_halves) for window in windows)
    answers: dict[int, Answer] = {}
    documents = 0
    for answer in gateway.ask_all(questions=questions):
        answers[answer.question.window.index] = answer
        documents += _count_documents(answer)
        if on_progress is not None:
            on_progress(Reached(windows_done=len(answers), windows_total=len(windows), documents=documents))
    return [answers[index] for index in sorted(answers)]


def _count_documents(answer: Answer) -> int:
    """Those that its window owns: what two windows tell of counts once."""
    window, finding = answer.question.window, answer.finding
    return sum(window.owns(window.first_line + start.line - 1) for start in finding.starts) if finding else 0


def _ask_in_halves(prepared: PreparedFile, *, answers: list[Answer], gateway: Gateway) -> list[Answer]:
    """Windows whose answer, or whose question, was too long are asked about in two parts; once, not smaller still."""
    edges = prepared.reading.edges()
    halves: list[Window] = []
    kept: list[Answer] = []
    for answer in answers:
        number = len(answers) + len(halves)
        two = _split(prepared, answer=answer, edges=edges, indexes=(number, number + 1))
        if two is None:
            kept.append(answer)
        else:
            halves += two
    if not halves:
        return answers
    kept += _ask(prepared, windows=halves, purpose="window", gateway=gateway, are_halves=True)
    kept.sort(key=lambda answer: answer.question.window.owned_first)
    return [_renumber(answer, index=index) for index, answer in enumerate(kept)]


def _split(
    prepared: PreparedFile, *, answer: Answer, edges: Sequence[float], indexes: tuple[int, int]
) -> tuple[Window, Window] | None:
    if answer.failure not in TOO_LONG:
        return None
    window, words = answer.question.window, prepared.reading.words
    return split_window(window, text=prepared.text, words=words, edges=edges, indexes=indexes)


def _renumber(answer: Answer, *, index: int) -> Answer:
    window = replace(answer.question.window, index=index)
    return replace(answer, question=replace(answer.question, window=window))


def _as_heard(answers: Iterable[Answer]) -> list[Heard]:
    return [Heard(window=answer.question.window, finding=answer.finding) for answer in answers]


def _ask_further(prepared: PreparedFile, *, votes: Votes, gateway: Gateway) -> list[Heard]:
    """Answers about the lines in doubt, and about those that these answers in turn put in doubt; no further."""
    heard = _ask_about(prepared, doubts=find_doubts(votes), reach=FOLLOW_UP_REACH, first_index=0, gateway=gateway)
    new = find_new_doubts(votes, follow_ups=heard)
    return heard + _ask_about(prepared, doubts=new, reach=SECOND_REACH, first_index=len(heard), gateway=gateway)


def _ask_about(
    prepared: PreparedFile, *, doubts: Iterable[Doubt], reach: int, first_index: int, gateway: Gateway
) -> list[Heard]:
    by_purpose: dict[Purpose, list[Window]] = {"reask": [], "dispute": []}
    for index, doubt in enumerate(doubts, start=first_index):
        window = window_around(prepared.text, words=prepared.reading.words, line=doubt.line, reach=reach, index=index)
        by_purpose["reask" if doubt.reason == "ungrounded" else "dispute"].append(window)
    return [
        heard
        for purpose, windows in by_purpose.items()
        for heard in _as_heard(_ask(prepared, windows=windows, purpose=purpose, gateway=gateway))
    ]


def _gather_claims(
    prepared: PreparedFile, *, heard: Sequence[Heard], further: Sequence[Heard]
) -> tuple[list[LocatedClaim], list[str]]:
    """All claims whose words stand in the file, each once; the rules' where a window was not read.

    Measures are always the rules': rows of numbers are copied without a slip, and cost no output.
    """
    found: dict[tuple[str, str, int], LocatedClaim] = {}
    warnings: list[str] = []
    for each in (*heard, *(answered for answered in further if answered.finding is not None)):
        if each.finding is None:
            grounded = Grounded(
                claims=tuple(claim for claim in prepared.claims if each.window.owns(claim.line)), rejected_lines=()
            )
        else:
            found |= {_key(claim): claim for claim in prepared.measured if each.window.owns(claim.line)}
            grounded = ground_claims(
                claims=each.finding.facts,
                lines=prepared.text.lines,
                first_line=each.window.first_line,
                last_line=each.window.last_line,
            )
        warnings += [
            f"line {line}: the model stated something of a patient that the line does not say; it was left out"
            for line in grounded.rejected_lines
        ]
        for claim in grounded.claims:
            found.setdefault(_key(claim), claim)
    return [found[key] for key in sorted(found, key=lambda key: (key[2], key[0], key[1]))], sorted(set(warnings))


def _key(claim: LocatedClaim) -> tuple[str, str, int]:
    return claim.field, claim.raw, claim.line
