"""What each step that makes a call cheaper saves: input tokens and their price for 1,000 lines, step by step.

The windows are the same throughout, so that a step is compared with the one before it and with nothing else.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from documents.domain.lines import SourceText
from jobs.domain.pricing import price_call
from jobs.llm.dialects import OPENAI_BASE_URL
from jobs.pipeline import PreparedFile
from tests.bench.figures import Figure, Section
from tests.bench.material import Material, read_record
from tests.bench.questions import make_questions
from tests.bench.tokens import count_prompt, count_tokens

MODEL = "gpt-6-luna"


def measure_savings(material: Material) -> Section:
    files = {
        "10,000 lines": read_record(material.generated[10_000]),
        material.record.name: read_record(material.record),
    }
    return Section(
        name="savings",
        title=f"Input for 1,000 lines, step by step ({MODEL}; o200k_base, list prices)",
        figures=tuple(figure for name, text in files.items() for figure in _tell(name, text)),
        notes=(
            "the first row sends every line, numbered as in the file, and lets the provider write it all to its cache",
            "reasoning effort and output are not in it: they need a real provider",
        ),
    )


def _tell(name: str, text: SourceText) -> Iterable[Figure]:
    prepared = PreparedFile(text)
    prompt = count_prompt(next(iter(make_questions(prepared))))
    every = [range(window.first_line, window.last_line + 1) for window in prepared.windows]
    printed = [[number for number in lines if text.lines[number - 1].strip()] for lines in every]
    shown = [window.shown for window in prepared.windows]
    within = [window.first_line - 1 for window in prepared.windows]
    as_in_file = [0] * len(within)
    steps: list[tuple[str, Sequence[Sequence[int]], Sequence[int], bool]] = [
        ("every line", every, as_in_file, True),
        ("no blank lines", printed, as_in_file, True),
        ("no running headers and footers", shown, as_in_file, True),
        ("numbered within the window", shown, within, True),
        ("nothing written to the cache", shown, within, False),
    ]
    for step, lines, offsets, is_written in steps:
        tokens = prompt * len(lines) + _count_all(text, lines=lines, offsets=offsets)
        a_thousand = tokens / len(text.lines) * 1_000
        yield Figure(name=f"{name}: {step}", value=a_thousand, unit="tokens")
        price = _price(round(a_thousand), is_written=is_written)
        yield Figure(name=f"{name}: {step}: price", value=float(price * 100), unit="US cents")


def _count_all(text: SourceText, *, lines: Sequence[Sequence[int]], offsets: Sequence[int]) -> int:
    return sum(
        count_tokens("\n".join(f"{number - offset}: {text.lines[number - 1].strip()}" for number in numbers))
        for numbers, offset in zip(lines, offsets, strict=True)
    )


def _price(tokens: int, *, is_written: bool) -> Decimal:
    price = price_call(
        model=MODEL,
        base_url=OPENAI_BASE_URL,
        input_tokens=tokens,
        output_tokens=0,
        cache_write_tokens=tokens if is_written else 0,
        at=datetime.now(tz=UTC),
    )
    if price is None:
        raise LookupError(f"no price is known for {MODEL}")
    return price
