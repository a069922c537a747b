"""The object of `analyze --json` as tables for people."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_QUOTE = 60  # characters of a quote that a table shows


def print_analysis(answer: Mapping[str, Any], *, console: Console) -> None:
    console.print(_headline(answer), style="bold", markup=False)
    console.print(_documents(answer))
    for position, patient in enumerate(answer["patients"], start=1):
        console.print(_facts(patient, position=position))
    for warning in answer["warnings"]:
        console.print(f"! {warning}", style="yellow", markup=False)
    console.print(_footline(answer), style="dim", markup=False)


def _headline(answer: Mapping[str, Any]) -> str:
    documents, gaps = len(answer["documents"]), len(answer["gaps"])
    engine = f"model {answer['model']}" if answer["model"] else "rules engine, for review"
    patients = sum(1 for patient in answer["patients"] if patient["name"])
    return (
        f"\n{answer['file']}: {answer['lines']:,} lines, {_count(documents, 'document')}, {_count(gaps, 'gap')}, "
        f"{_count(patients, 'patient')} ({engine})"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _documents(answer: Mapping[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("#", "lines", "pages"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("date", no_wrap=True)
    table.add_column("type", no_wrap=True)
    table.add_column("title", ratio=1)
    table.add_column("patient", no_wrap=True)
    table.add_column("confidence", justify="right", no_wrap=True)
    rows = [(each["start_line"], position, each) for position, each in enumerate(answer["documents"], start=1)]
    rows += [(gap["start_line"], 0, gap) for gap in answer["gaps"]]
    for _, position, each in sorted(rows, key=lambda row: row[0]):
        if position:
            table.add_row(*_document_row(position, each, answer=answer))
        else:
            table.add_row("", _span(each["start_line"], each["end_line"]), "", "", "gap", each["reason"], style="dim")
    return table


def _document_row(position: int, document: Mapping[str, Any], *, answer: Mapping[str, Any]) -> tuple[str | Text, ...]:
    patient = answer["patients"][document["patient"] - 1]["name"] if document["patient"] else None
    title = Text(document["title"]) if document["title_printed"] else Text(f"({document['title']})", style="italic")
    return (
        str(position),
        _span(document["start_line"], document["end_line"]),
        _span(document["first_page"], document["last_page"]),
        document["date"] or "",
        document["type"],
        title,
        Text(patient or ""),
        f"{document['confidence']:.2f}" + ("?" if document["needs_review"] else " "),
    )


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _facts(patient: Mapping[str, Any], *, position: int) -> Table:
    name = patient["name"] or "facts of no known patient"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=Text(f"Patient {position}: {name}"), title_justify="left")
    table.add_column("field", no_wrap=True)
    table.add_column("value", max_width=44)
    table.add_column("date", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("document", justify="right", no_wrap=True)
    table.add_column("read from", ratio=1)
    for fact in patient["facts"]:
        table.add_row(
            fact["field"],
            Text(_value(fact)),
            fact["date"] or "",
            str(fact["line"]),
            str(fact["document"] or ""),
            Text(f"“{_shorten(fact['quote'])}”" + "".join(f"  [{flag}]" for flag in fact.get("flags", ()))),
        )
    return table


def _value(fact: Mapping[str, Any]) -> str:
    value = fact["value"]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "(not understood)"
    return f"{value} {fact['unit']}" if fact["unit"] else str(value)


def _shorten(quote: str) -> str:
    quote = " ".join(quote.split())
    return quote if len(quote) <= _QUOTE else quote[: _QUOTE - 1] + "…"


def _footline(answer: Mapping[str, Any]) -> str:
    cost = "cost unknown" if answer["cost_usd"] is None else f"${answer['cost_usd']:.4f}"
    tokens = f"{answer['input_tokens']:,} tokens in, {answer['output_tokens']:,} out"
    return f"{_count(answer['calls'], 'call')} to the model, {tokens}, {cost}, {answer['seconds']:.2f} s"
