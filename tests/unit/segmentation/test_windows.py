"""Windows own every line once, stay small, overlap, and stay where they are when lines elsewhere change."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.domain import prompts
from documents.domain.lines import SourceText, from_text
from documents.domain.rules.engine import read
from documents.domain.windows import (
    CHARACTERS_PER_TOKEN,
    LINE_LENGTH,
    MARK_COST,
    OVERLAP_LINES,
    WINDOW_TOKENS,
    Window,
    cut_windows,
    split_window,
    window_around,
)
from jobs.llm.client import Question
from tests.records.generator import generate

LINE_TOKENS = (LINE_LENGTH + MARK_COST) / CHARACTERS_PER_TOKEN  # of the longest line that is shown


def cut(lines: Sequence[str], *, edge: Callable[[str], float] = lambda line: 0.0) -> tuple[SourceText, list[Window]]:
    """The windows of `lines`, all that are not blank to be sent; `edge` tells how a line looks like a beginning."""
    text = from_text("".join(f"{line}\n" for line in lines))
    words = [number for number, line in enumerate(text.lines, start=1) if line.strip()]
    edges = [edge(text.lines[number - 1]) for number in words]
    return text, list(cut_windows(text, words=words, edges=edges))


def tokens(window: Window, *, text: SourceText) -> float:
    return sum(min(len(text.lines[n - 1]), LINE_LENGTH) + MARK_COST for n in window.shown) / CHARACTERS_PER_TOKEN


runs_of_lines = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 10, 60, 71, 72, 150, 200, 250, 400, 1_000, 2_000, 5_000]),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=8,
).map(lambda runs: ["w" * length for length, count in runs for _ in range(count)])


@given(runs_of_lines, st.integers(0, 2**32))
def test_windows_own_every_line_once_and_show_what_they_were_given(lines, seed):
    random = Random(seed)
    text, windows = cut(lines, edge=lambda line: random.choice([0.0, 0.0, 0.0, 3.0]))
    if not windows:
        assert not any(lines)
        return
    assert [window.index for window in windows] == list(range(len(windows)))
    assert (windows[0].owned_first, windows[-1].owned_last) == (1, len(text.lines))
    for window, follower in pairwise(windows):
        assert follower.owned_first == window.owned_last + 1
    for window in windows:
        assert window.owned_first <= window.owned_last
        within = range(window.first_line, window.last_line + 1)
        assert window.shown == tuple(number for number in within if text.lines[number - 1])
        owned = range(window.owned_first, window.owned_last + 1)
        assert set(window.shown) >= {number for number in owned if text.lines[number - 1]}
        assert window.owns(window.owned_first)
        assert window.owns(window.owned_last)
        assert not window.owns(window.owned_last + 1)


@given(runs_of_lines, st.integers(0, 2**32))
def test_windows_stay_small_whatever_the_lines(lines, seed):
    random = Random(seed)
    text, windows = cut(lines, edge=lambda line: random.random())
    assert all(tokens(window, text=text) <= WINDOW_TOKENS + LINE_TOKENS for window in windows)


@pytest.mark.parametrize("length", [10, 60, 100, 150, 200])
def test_neighbours_share_forty_lines_of_usual_length(length):
    _, windows = cut([f"{number:>{length}}" for number in range(300_000 // length)])
    assert len(windows) > 5
    for window, follower in pairwise(windows):
        shared = set(window.shown) & set(follower.shown)
        assert len(shared) >= OVERLAP_LINES
        assert min(shared) < follower.owned_first <= max(shared)


def test_neighbours_share_lines_of_any_length():
    _, windows = cut(["w" * 5_000] * 200)
    for window, follower in pairwise(windows):
        assert len(set(window.shown) & set(follower.shown)) >= 2


def test_the_line_that_looks_most_like_a_beginning_becomes_an_edge():
    lines = [f"line {number} of an ordinary record, as long as such lines are" for number in range(2_000)]
    titles = set(range(50, 2_000, 100))
    for number in titles:
        lines[number] = f"TITLE {number}"
    _, windows = cut(lines, edge=lambda line: 3.0 if line.startswith("TITLE") else 0.0)
    assert len(windows) > 3
    assert {window.owned_first - 1 for window in windows[1:]} <= titles


def test_no_words_no_windows():
    assert cut(["", "  ", "\f"])[1] == []
    assert cut([])[1] == []


def test_one_line_is_one_window():
    _, (window,) = cut(["", "LABORATORY REPORT", ""])
    assert (window.first_line, window.last_line, window.shown) == (2, 2, (2,))
    assert (window.owned_first, window.owned_last) == (1, 3)


def changed_windows(lines: Sequence[str], *, edits: int, seed: int) -> Counter[int]:
    """By how many windows that were not asked before there are after a line was put in or taken out: how often."""
    random = Random(seed)

    def contents(lines: Sequence[str]) -> set[str]:
        text, windows = cut(lines, edge=lambda line: 2.0 if len(line) % 23 == 0 else 0.0)
        return {prompts.show(window, text=text) for window in windows}

    before = contents(lines)
    changed: Counter[int] = Counter()
    for edit in range(edits):
        edited = list(lines)
        place = random.randrange(len(edited))
        edited[place : place + edit % 2] = [] if edit % 2 else ["a line that was put in"]
        changed[len(contents(edited) - before)] += 1
    return changed


def test_a_line_put_in_or_taken_out_changes_few_windows():
    random = Random(5)
    lines = [f"note {number} " + "word " * random.randrange(1, 14) for number in range(8_000)]
    changed = changed_windows(lines, edits=120, seed=6)
    assert sum(times for windows, times in changed.items() if windows <= 2) >= 114
    assert max(changed) <= 6


def test_a_line_put_into_a_real_record_changes_few_questions():
    record, _ = generate(seed=7, lines=3_000)
    lines = record.split("\n")

    def contents(lines: Sequence[str]) -> list[str]:
        text = from_text("\n".join(lines))
        reading = read(text)
        windows = cut_windows(text, words=reading.words, edges=reading.edges())
        return [prompts.show(window, text=text) for window in windows]

    before = contents(lines)
    assert len(before) >= 6
    for place in (5, 700, 1_500, 2_900):
        after = contents([*lines[:place], "Called the owner, no answer.", *lines[place:]])
        assert 1 <= len(set(after) - set(before)) <= 3


def question(window: Window, *, text: SourceText, **changes: str) -> Question:
    return Question(
        window=window,
        purpose=changes.get("purpose", "window"),  # type: ignore[arg-type]
        prompt_version=changes.get("version", prompts.VERSION),
        instructions=prompts.instructions(),
        content=prompts.show(window, text=text),
        schema_name=prompts.SCHEMA_NAME,
        schema=prompts.schema(),
        max_output_tokens=prompts.MAX_OUTPUT_TOKENS,
    )


def test_the_same_lines_make_the_same_question_wherever_they_stand():
    chart = [f"visit {number}: as before" for number in range(30)]
    here, there = cut(chart), cut(["", "", "", *chart])
    one, other = (question(windows[0], text=text) for text, windows in (here, there))
    assert one.window.first_line != other.window.first_line
    keys = [each.key(model="m", settings={"effort": "low"}) for each in (one, other)]
    assert keys[0] == keys[1]


def test_whatever_decides_the_answer_decides_the_key():
    text, (window,) = cut(["LABORATORY REPORT", "WBC 7.1"])
    other_text, (other_window,) = cut(["LABORATORY REPORT", "WBC 7.2"])
    first = question(window, text=text)
    keys = {
        first.key(model="m", settings={}),
        first.key(model="n", settings={}),
        first.key(model="m", settings={"effort": "low"}),
        question(window, text=text, purpose="reask").key(model="m", settings={}),
        question(window, text=text, version="v0").key(model="m", settings={}),
        question(other_window, text=other_text).key(model="m", settings={}),
    }
    assert len(keys) == 6


@given(runs_of_lines, st.data())
def test_a_further_question_shows_the_lines_around_and_stays_small(lines, data):
    text = from_text("".join(f"{line}\n" for line in lines))
    words = [number for number, line in enumerate(text.lines, start=1) if line]
    line = data.draw(st.integers(1, len(text.lines)))
    window = window_around(text, words=words, line=line, reach=60, index=3)
    assert window.index == 3
    assert (window.first_line, window.last_line) == (window.shown[0], window.shown[-1])
    assert (window.owned_first, window.owned_last) == (window.first_line, window.last_line)
    assert list(window.shown) == sorted(set(window.shown))
    assert len(window.shown) <= 121
    assert tokens(window, text=text) <= WINDOW_TOKENS + LINE_TOKENS
    if line in words:
        assert line in window.shown
        near = [number for number in words if abs(number - line) <= 180]
        assert set(window.shown) <= set(near)


@given(runs_of_lines, st.integers(0, 2**32))
def test_the_halves_of_a_window_own_what_it_owned_and_show_nothing_else(lines, seed):
    text = from_text("\n".join(lines))
    words = [number for number, line in enumerate(text.lines, start=1) if line.strip()]
    draw = Random(seed)
    edges = [draw.random() for _ in words]
    for window in cut_windows(text, words=words, edges=edges):
        halves = split_window(window, text=text, words=words, edges=edges, indexes=(7, 8))
        if halves is None:
            assert len([number for number in window.shown if window.owns(number)]) < 2
            continue
        first, second = halves
        assert (first.index, second.index) == (7, 8)
        assert (first.owned_first, second.owned_last) == (window.owned_first, window.owned_last)
        assert first.owned_last + 1 == second.owned_first
        for half in halves:
            assert set(half.shown) <= set(window.shown)
            assert (half.first_line, half.last_line) == (half.shown[0], half.shown[-1])
            assert any(half.owns(number) for number in half.shown)
            assert {number for number in window.shown if half.owns(number)} <= set(half.shown)
