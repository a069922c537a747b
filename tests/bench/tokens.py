"""Input tokens, prompt and schema included, counted with o200k_base."""

import json
from collections.abc import Sequence
from functools import cache

import bpe_openai

from documents.domain.lines import SourceText
from jobs.llm.client import Question
from jobs.llm.dialects import OPENAI_BASE_URL, build_request, choose_dialect
from jobs.pipeline import PreparedFile
from tests.bench.figures import Figure, Section, at_most
from tests.bench.material import SIZES, Material, read_record
from tests.bench.questions import make_questions

TOKENS_A_THOUSAND_LINES = 15_000  # at most, for lines as practice systems print them
LINE_LENGTH = 50  # characters of a mean line up to which a record counts as such
SPREAD = 1.15  # at most: the dearest size beside the cheapest


def measure_tokens(material: Material) -> Section:
    generated = {size: _Count(read_record(material.generated[size])) for size in SIZES}
    rates = [count.a_thousand_lines for count in generated.values()]
    own = _Count(read_record(material.record))
    alike = own.line_length <= LINE_LENGTH
    return Section(
        name="tokens",
        title="Input tokens per 1,000 lines, prompt included (o200k_base)",
        figures=(
            *(figure for size in SIZES for figure in generated[size].tell(f"{size:,} lines")),
            Figure(name="dearest size / cheapest", value=max(rates) / min(rates), bound=at_most(SPREAD)),
            *own.tell(material.record.name, most=TOKENS_A_THOUSAND_LINES if alike else None),
            Figure(name="prompt and schema, each call", value=own.prompt, unit="tokens"),
        ),
        notes=(
            "instructions, schema as sent and numbered lines; what the provider adds around messages is not known here",
            f"the bound holds for records of up to {LINE_LENGTH} characters a line; "
            f"this one has {own.line_length:.0f} on average",
        ),
    )


class _Count:
    """The tokens of all windows of a file."""

    def __init__(self, text: SourceText) -> None:
        prepared = PreparedFile(text)
        questions = list(make_questions(prepared))
        self.windows = len(questions)
        self.lines = len(text.lines)
        self.line_length = sum(map(len, text.lines)) / self.lines
        self.prompt = count_prompt(questions[0])
        self.total = self.prompt * self.windows + sum(count_tokens(question.content) for question in questions)
        self.shown_again = _share_shown_again(questions)

    @property
    def a_thousand_lines(self) -> float:
        return self.total / self.lines * 1_000

    def tell(self, name: str, *, most: float | None = None) -> list[Figure]:
        bound = None if most is None else at_most(most)
        return [
            Figure(name=name, value=self.a_thousand_lines, unit="tokens", bound=bound),
            Figure(name=f"{name}: windows", value=self.windows),
            Figure(name=f"{name}: lines shown twice", value=100 * self.shown_again, unit="%"),
            Figure(name=f"{name}: prompt's share", value=100 * self.prompt * self.windows / self.total, unit="%"),
        ]


def _share_shown_again(questions: Sequence[Question]) -> float:
    shown = [line for question in questions for line in question.window.shown]
    return len(shown) / len(set(shown)) - 1


def count_prompt(question: Question) -> int:
    """Tokens of the instructions and of the schema as it is sent."""
    dialect = choose_dialect(base_url=OPENAI_BASE_URL, api="auto")
    request = build_request(dialect=dialect, model="gpt-6-luna", question=question, safety_identifier=None)
    schema = json.dumps(request["text"]["format"], separators=(",", ":"), ensure_ascii=False)
    (instructions,) = request["input"][0]["content"]
    return count_tokens(instructions["text"]) + count_tokens(schema)


def count_tokens(text: str) -> int:
    """Tokens of o200k_base."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> bpe_openai.Encoding:
    return bpe_openai.get_encoding("o200k_base")
