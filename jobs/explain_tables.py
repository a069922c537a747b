"""Draws why the rules see documents begin where they do, line by line, for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from jobs.terminal import show_plain


def print_explanation(answer: Mapping[str, Any], console: Console) -> None:
    """One block a line: the line, its points, and the signals with theirs. `answer` as `analyze --explain --json`."""
    console.print(Text(f"{show_plain(answer['file'])}: rules {answer['rules']}, {answer['lines']} lines", style="bold"))
    for each in answer["beginnings"]:
        verdict = "begins a document" if each["begins"] else "nearly begins a document"
        console.print()
        console.print(Text(f"line {each['line']} {verdict}: {show_plain(each['text'])}", style="bold" * each["begins"]))
        if each["begins"]:
            console.print(
                Text(f"  {each['points']:+.1f} points; without it the file's partition loses {each['margin']:.1f}")
            )
        else:
            console.print(
                Text(f"  {each['points']:+.1f} points; with it the file's partition loses {each['margin']:.1f}")
            )
        for signal in each["signals"]:
            console.print(Text(f"    {signal['points']:+5.1f}  {signal['words']}"))
