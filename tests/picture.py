"""What the README shows of real runs: `python -m tests.picture` renews the picture and the table of accuracy.

The picture is what `make demo` prints, its facts cut after the first few so that it fits a page. Nothing in it is
loaded from elsewhere.
"""

import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import django
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.test")
django.setup()

from jobs.analysis import analyze_file
from jobs.analysis_tables import print_analysis
from jobs.evaluation.figures import Figures, average, list_figures, pool
from jobs.evaluation.measuring import evaluate
from jobs.evaluation.records import find_records

ROOT = Path(__file__).resolve().parent.parent
RECORDS = Path("tests/records")
RECORD = RECORDS / "referral_packet.txt"
PICTURE = ROOT / "docs/images/analyze.svg"
README = ROOT / "README.md"

WIDTH = 124  # columns
FACTS = 17  # of each patient
_FONT_FACE = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)  # rich's point to a font on the web
_MEASURED = re.compile(r"(<!-- measured: begin [^\n]*-->\n).*?(<!-- measured: end -->)", re.DOTALL)
_COLUMNS = {
    "lines": ("lines", 0),
    "documents": ("true", 0),
    "boundary F1": ("boundary_f1", 3),
    "exact F1": ("exact_f1", 3),
    "type": ("type_acc", 3),
    "date": ("date_acc", 3),
    "fact P": ("fact_p", 3),
    "fact R": ("fact_r", 3),
}


def draw_picture() -> str:
    """The analysis of RECORD by the rules engine, as SVG. Of two runs only the seconds that they took differ."""
    answer = analyze_file(path=ROOT / RECORD, engine="rules")
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    print_analysis(_shorten(answer), console=console)
    return console.export_svg(
        title="make demo",
        theme=MONOKAI,
        code_format=_FONT_FACE.sub("", CONSOLE_SVG_FORMAT),
        unique_id="analyze",
    )


def _shorten(answer: Mapping[str, Any]) -> dict[str, Any]:
    patients = [{**patient, "facts": patient["facts"][:FACTS]} for patient in answer["patients"]]
    return {**answer, "file": str(RECORD), "patients": patients}


def write_table() -> str:
    """The rules engine's main figures on the samples, as Markdown."""
    records = find_records(folder=ROOT / RECORDS)
    done = list(evaluate(records=records, engine="rules", analyze=analyze_file))
    rows = [
        (one.file.removesuffix(".txt"), list_figures(measured=one.measured)) for one in done if one.measured is not None
    ]
    rows.append(("mean over files", average(evaluations=done)))
    rows.append(("pooled", pool(evaluations=done)))
    head = ["record", *_COLUMNS]
    lines = [_row(head), _row(["---", *["---:"] * len(_COLUMNS)])]
    return "\n".join([*lines, *(_row([name, *_cells(figures)]) for name, figures in rows)]) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(figures: Figures) -> Iterator[str]:
    for metric, digits in _COLUMNS.values():
        value = figures.get(metric)
        yield "" if value is None else f"{value:,.{digits}f}"


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw_picture(), encoding="utf-8")
    table = write_table()
    README.write_text(
        _MEASURED.sub(lambda match: match[1] + table + match[2], README.read_text(encoding="utf-8")), encoding="utf-8"
    )
