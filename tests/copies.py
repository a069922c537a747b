"""How well copies and amended reports are told from other documents, on generated records.

    python -m tests.copies --seeds 12 [--first-seed 201] [--layouts shelter_forms lab_pages] [--list]

Each record is held against itself (copies in one file), against its own scan (every document is a copy, misread) and
against another record of its layout (no document is one); and each document against itself with one digit changed:
another document or, with a heading that says so, an amended one. Boundaries, titles, types, dates and
animals are those of the truth, noise is what the rules engine finds: what is measured are links, not the reading.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product
from typing import Any
from uuid import UUID

from documents.domain.likeness.changes import Comparison, compare_wordings
from documents.domain.likeness.fingerprints import take_fingerprint
from documents.domain.likeness.verdicts import Paper, Verdict, judge
from documents.domain.likeness.wording import Wording, read_wording
from documents.domain.lines import from_text
from documents.domain.rules.engine import read
from tests.records.generate import compose
from tests.records.layouts import LAYOUTS

NOISES = (0.02, 0.05, 0.1)
HEADINGS = (
    "*** CORRECTED REPORT ***",
    "Amended 2024-03-09",
    "Korrigierter Befund",
    "INFORME ENMENDADO",
    "Rectificatif",
)
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A document of a record. `root`: place of the first of those that are one document."""

    place: int
    root: int
    amends: int | None
    paper: Paper
    wording: Wording
    lines: tuple[str, ...]  # without noise


def read_record(*, layout: str, seed: int, noise: float = 0.0) -> list[Sample]:
    labelled = compose(layout=layout, seed=seed, noise=noise)
    source = from_text(labelled.text)
    running = read(source).noise.lines
    names = [patient.get("name") for patient in labelled.truth["patients"]]
    roots: list[int] = []
    samples = []
    for place, told in enumerate(labelled.truth["documents"]):
        wording = read_wording(
            lines=source.lines, start_line=told["start_line"], end_line=told["end_line"], noise=running
        )
        numbers = range(told["start_line"], told["end_line"] + 1)
        copied = told.get("copy_of")
        roots.append(place if copied is None else roots[copied])
        samples.append(
            Sample(
                place=place,
                root=roots[-1],
                amends=told.get("amends"),
                paper=describe(told, wording, names=names, seed=seed),
                wording=wording,
                lines=tuple(source.lines[number - 1] for number in numbers if number not in running),
            )
        )
    return samples


def alter(sample: Sample, *, heading: str) -> Sample | None:
    """The same document with another digit, and with `heading` below its first line; None where it has no digit."""
    lines = list(sample.lines)
    wording = read_wording(lines=lines, start_line=1, end_line=len(lines), noise=())
    digits = [line for word, line in zip(wording.words, wording.lines, strict=True) if _DIGIT.search(word)]
    if not digits:
        return None
    place = digits[len(digits) // 2] - 1
    lines[place] = _DIGIT.sub(lambda found: str((int(found[0]) + 3) % 10), lines[place], count=1)
    lines[1:1] = [heading] if heading else []
    altered = read_wording(lines=lines, start_line=1, end_line=len(lines), noise=())
    paper = replace(sample.paper, fingerprint=take_fingerprint(altered))
    return replace(sample, paper=paper, wording=altered, root=-1, amends=sample.root if heading else None)


def describe(told: dict[str, Any], wording: Wording, *, names: Sequence[Any], seed: int) -> Paper:
    name = names[told["patient"]] if told["patient"] is not None else ""
    return Paper(
        fingerprint=take_fingerprint(wording),
        title=told["title"] or "",
        type=told["type"],
        date=date.fromisoformat(told["date"]) if told["date"] else None,
        animal=name if isinstance(name, str) else (name or [""])[0],
        patient=None if told["patient"] is None else UUID(int=seed * 100 + told["patient"]),
    )


def compare(first: Sample, second: Sample) -> Callable[[], Comparison]:
    return lambda: compare_wordings(first.wording, second.wording)


def name_verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return "two"
    return "linked" if verdict.is_sure else f"proposed {verdict.kind}"


def name_truth(first: Sample, second: Sample) -> str:
    if first.root == second.root:
        return "one"
    amended = {(first.root, second.amends), (second.root, first.amends)}
    return "amended" if any(root == amends for root, amends in amended) else "two"


def judge_layout(layout: str, *, seeds: range) -> Iterator[tuple[str, str, str, Sample, Sample]]:
    """Kind of comparison, truth, verdict and the two."""
    for seed in seeds:
        record, other = (read_record(layout=layout, seed=each) for each in (seed, seed + 1_000))
        pairs = [("one file", name_truth(*pair), *pair) for pair in combinations(record, 2)]
        pairs += [("two records", "two", *pair) for pair in product(record, other)]
        for noise in NOISES:
            scanned = read_record(layout=layout, seed=seed, noise=noise)
            if len(scanned) == len(record):
                pairs += [(f"scan {noise}", name_truth(*pair), *pair) for pair in product(record, scanned)]
        for heading in ("", *HEADINGS):
            made = [(each, alter(each, heading=heading)) for each in record]
            kind = "amended" if heading else "digit"
            pairs += [(kind, name_truth(old, new), old, new) for old, new in made if new is not None]
        for kind, truth, first, second in pairs:
            yield (
                kind,
                truth,
                name_verdict(judge(first.paper, second.paper, compare=compare(first, second))),
                first,
                second,
            )


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--layouts", nargs="*", default=sorted(LAYOUTS))
    parser.add_argument("--list", action="store_true", help="tell of each pair that was judged otherwise")
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    counts: Counter[tuple[str, str, str]] = Counter()
    for layout in asked.layouts:
        own: Counter[str] = Counter()
        for kind, truth, verdict, first, second in judge_layout(layout, seeds=seeds):
            counts[kind, truth, verdict] += 1
            wrong = is_wrong(truth, verdict)
            own["wrong"] += wrong
            own["pairs"] += 1
            if wrong and asked.list:
                tell(layout, kind, truth, verdict, first.place, second.place, first.paper.title, second.paper.title)
        tell(f"{layout}: {own['pairs']:,} pairs, {own['wrong']} judged otherwise")
    for (kind, truth, verdict), count in sorted(counts.items()):
        tell(f"{kind:12} {truth:8} {verdict:20} {count:8,}")


def is_wrong(truth: str, verdict: str) -> bool:
    right = {"one": ("linked", "proposed same"), "amended": ("proposed supersedes",), "two": ("two",)}
    return verdict not in right[truth]


if __name__ == "__main__":
    main()
