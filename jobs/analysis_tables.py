"""The object of `analyze --json` as tables for people, at any width from 60 columns on."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from documents.domain.shown_values import show_value
from jobs.terminal import show_plain

_MADE = "(title): the file prints none; made of type and date"
_QUOTE = 60  # characters of a quote that a table shows
_WIDE = 120  # columns, from which on nothing is folded that fits
_NARROW = 78  # columns, below which pages are left out and cells are stacked
_TITLE = 12  # columns that a title has at the least: with more, 60 are too few where lines and pages have many digits
_TYPE = 13  # columns of a type that is folded: "communication" fits


def print_analysis(answer: Mapping[str, Any], *, console: Console) -> None:
    console.print(_headline(answer), style="bold", markup=False)
    console.print(_documents(answer, width=console.width))
    if not all(document["title_printed"] for document in answer["documents"]):
        console.print(_MADE, style="dim", markup=False)
    for position, patient in enumerate(answer["patients"], start=1):
        _part(console)
        console.print(_facts(patient, position=position, width=console.width))
    _part(console)
    for warning in answer["warnings"]:
        console.print(f"! {show_plain(warning)}", style="yellow", markup=False)
    console.print(_footline(answer), style="dim", markup=False)


def _part(console: Console) -> None:
    if console.width < _WIDE:  # a table with edges brings its own blank line
        console.print()


def _headline(answer: Mapping[str, Any]) -> str:
    documents, gaps = len(answer["documents"]), len(answer["gaps"])
    patients = sum(1 for patient in answer["patients"] if patient["name"])
    return (
        f"\n{show_plain(answer['file'])}: {answer['lines']:,} lines, {_count(documents, 'document')}, "
        f"{_count(gaps, 'gap')}, {_count(patients, 'patient')} ({_name_reader(answer)})"
    )


def _name_reader(answer: Mapping[str, Any]) -> str:
    """Who read the file: the model, the rules, or some of it each."""
    if answer["model"] is None:
        return "rules engine, for review"
    model = f"model {show_plain(answer['model'])}"
    unread = sum(each["end_line"] - each["start_line"] + 1 for each in answer["unread"])
    if unread >= answer["lines"]:
        return f"{model} did not answer; read by the rules, for review"
    return f"{model}; {_count(unread, 'line')} read by the rules" if unread else model


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _documents(answer: Mapping[str, Any], *, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=width >= _WIDE, pad_edge=False, padding=_padding(width))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("lines", justify="right", no_wrap=True)
    if width >= _NARROW:
        table.add_column("pages", justify="right", no_wrap=True)
    table.add_column("date", no_wrap=True)
    if width >= _NARROW:
        table.add_column("type", overflow="fold", max_width=None if width >= _WIDE else _TYPE)
    table.add_column("title", ratio=1, min_width=_TITLE, overflow="fold")
    table.add_column("patient", overflow="fold", max_width=24 if width >= _WIDE else 12)
    table.add_column("conf.", justify="right", no_wrap=True, min_width=5)
    rows = [(each["start_line"], position, each) for position, each in enumerate(answer["documents"], start=1)]
    rows += [(gap["start_line"], 0, gap) for gap in answer["gaps"]]
    for _, position, each in sorted(rows, key=lambda row: row[0]):
        cells = _document_cells(position, each, answer=answer) if position else _gap_cells(each)
        table.add_row(*_fit_row(cells, width=width), style=None if position else "dim")
    return table


def _document_cells(position: int, document: Mapping[str, Any], *, answer: Mapping[str, Any]) -> dict[str, Text]:
    patient = answer["patients"][document["patient"] - 1]["name"] if document["patient"] else None
    title = show_plain(document["title"])
    return {
        "#": Text(str(position)),
        "lines": Text(_span(document["start_line"], document["end_line"])),
        "pages": Text(_span(document["first_page"], document["last_page"])),
        "date": Text(document["date"] or ""),
        "type": Text(document["type"]),
        "title": Text(title) if document["title_printed"] else Text(f"({title})", style="italic"),
        "patient": Text(show_plain(patient or "")),
        "conf.": Text(f"{document['confidence']:.2f}" + ("?" if document["needs_review"] else " ")),
    }


def _gap_cells(gap: Mapping[str, Any]) -> dict[str, Text]:
    said = {"lines": _span(gap["start_line"], gap["end_line"]), "type": "gap", "title": gap["reason"]}
    return {
        key: Text(said.get(key, "")) for key in ("#", "lines", "pages", "date", "type", "title", "patient", "conf.")
    }


def _fit_row(cells: dict[str, Text], *, width: int) -> list[Text]:
    """The cells that there is room for: a type is folded at its underscore, or put under the title."""
    kind = cells["type"].plain
    if width < _WIDE and len(kind) > _TYPE:
        kind = kind.replace("_", "_\n")
    if width < _NARROW:
        title = Text("\n").join((cells["title"], Text(kind, style="dim")))
        cells = {**cells, "title": title}
        return [cells[key] for key in ("#", "lines", "date", "title", "patient", "conf.")]
    return list({**cells, "type": Text(kind)}.values())


def _padding(width: int) -> tuple[int, int, int, int]:
    """Beside the one column that the box itself puts between two cells."""
    return (0, 1, 0, 1) if width >= _WIDE else (0, 0, 0, 0)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _facts(patient: Mapping[str, Any], *, position: int, width: int) -> Table:
    name = patient["name"]
    title = Text(f"Patient {position}: {show_plain(name)}" if name else "Facts of no known patient")
    table = Table(box=box.SIMPLE_HEAD, show_edge=width >= _WIDE, pad_edge=False, padding=_padding(width))
    table.title, table.title_justify = title, "left"
    table.add_column("field", no_wrap=True)
    if width >= _NARROW:
        table.add_column("value", overflow="fold", max_width=44 if width >= _WIDE else 22)
    table.add_column("date", no_wrap=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("document" if width >= _WIDE else "doc.", justify="right", no_wrap=True)
    table.add_column("read from" if width >= _NARROW else "value, read from", ratio=1, overflow="fold")
    for fact in patient["facts"]:
        value = Text(show_plain(_value(fact)))
        quote = Text(f"“{_shorten(fact['quote'])}”" + "".join(f"  [{flag}]" for flag in fact["flags"]))
        place = (fact["date"] or "", str(fact["line"]), str(fact["document"] or ""))
        if width >= _NARROW:
            table.add_row(fact["field"], value, *place, quote)
        else:
            quote.stylize("dim")
            table.add_row(fact["field"], *place, Text("\n").join((value, quote)))
    return table


def _value(fact: Mapping[str, Any]) -> str:
    if fact["value"] is None:
        return "(not understood)"
    return show_value(field=fact["field"], value=fact["value"], unit=fact["unit"])


def _shorten(quote: str) -> str:
    quote = " ".join(show_plain(quote).split())
    return quote if len(quote) <= _QUOTE else quote[: _QUOTE - 1] + "…"


def _footline(answer: Mapping[str, Any]) -> str:
    seconds = f"{answer['seconds']:.2f} s"
    if answer["engine"] == "rules":
        return f"no call to a model, no tokens, no cost, {seconds}"
    cost = "cost unknown" if answer["cost_usd"] is None else f"${answer['cost_usd']:.4f}"
    tokens = f"{answer['input_tokens']:,} tokens in, {answer['output_tokens']:,} out"
    return f"{_count(answer['calls'], 'call')} to the model, {tokens}, {cost}, {seconds}"
