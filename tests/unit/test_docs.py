"""What README and docs/ say of the code is so: links, commands, settings, constants, keys, the picture."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from documents.domain.rules.catalogue import SIGNALS
from jobs.analysis import analyze_file
from pennie.accounts.rights import SCOPES_OF_ROLE
from tests.picture import PICTURE, RECORD, draw_picture

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
PAGES = sorted([README, ROOT / "CHANGELOG.md", ROOT / "tests/records/README.md", *ROOT.glob("docs/**/*.md")])

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"(?:^ {4}|`)(?:\S*python )?(make|(?:\S*/)?manage\.py) ([a-z][a-z_-]*)", re.MULTILINE)
_ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| ([^|]*?) \|", re.MULTILINE)
_CONSTANTS = re.compile(r"^\| `([a-z_.]+)` \| value \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", re.MULTILINE)
_SECONDS = re.compile(r"\d+\.\d\d&#160;s|textLength=\"[\d.]+\"")
MISSION_ROWS = {"A": 12, "B": 6, "C": 8, "D": 3, "E": 4, "F": 4, "G": 5, "H": 6, "I": 4}


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def list_anchors(page: Path) -> set[str]:
    """The names by which GitHub links to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", read(page))):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if re.match(r"https?:", link):
            continue
        if not target.exists() or (anchor and anchor not in list_anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_decision_is_numbered_once_and_in_order() -> None:
    numbers = [int(page.name[:4]) for page in sorted(ROOT.glob("docs/adr/*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    commands = set(get_commands())
    named = set(_COMMAND.findall(read(page)))
    unknown = {(tool, name) for tool, name in named if name not in (targets if tool == "make" else commands)}
    assert unknown == set()


def test_the_readme_names_the_commands_that_matter() -> None:
    named = set(_COMMAND.findall(read(README)))
    assert named >= {("make", "demo"), ("make", "test"), ("manage.py", "analyze"), ("manage.py", "check_ai")}


def list_variables() -> Iterator[tuple[str, Any]]:
    """Each environment variable that the settings read, with its default (None where it has none)."""
    for module in sorted((ROOT / "pennie/settings").glob("*.py")):
        for node in ast.walk(ast.parse(read(module))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "env":
                default = next((word.value for word in node.keywords if word.arg == "default"), None)
                name = ast.literal_eval(node.args[0])
                yield name, eval(ast.unparse(default), {}) if default is not None else None


def test_the_readme_tells_every_setting_and_no_other() -> None:
    told = {name for name, _ in _ROW.findall(read(README))}
    assert told == {name for name, _ in list_variables()}


def test_the_readme_tells_the_defaults() -> None:
    told = dict(_ROW.findall(read(README)))
    wrong = {}
    for name, default in list_variables():
        literal = re.fullmatch(r"`(.+)`", told.get(name, ""))
        if isinstance(default, (int, float)):
            if literal is None or float(literal[1]) != default:
                wrong[name] = default
        elif literal is not None and literal[1] != default:
            wrong[name] = default
    assert wrong == {}


def list_constants() -> list[tuple[str, str, float]]:
    """(module, name, value) of each constant that the pages on segmentation, rate limits and estimates tell."""
    names = ("algorithms/segmentation.md", "algorithms/rate-limits.md", "estimates.md")
    pages = [read(ROOT / "docs" / name) for name in names]
    return [
        (module, name, float(value))
        for page in pages
        for module, rows in _CONSTANTS.findall(page)
        for name, value in _ROW.findall(rows)
    ]


@pytest.mark.parametrize(("module", "name", "value"), list_constants())
def test_constants_have_the_value_that_the_page_tells(module: str, name: str, value: float) -> None:
    assert getattr(import_module(module), name) == pytest.approx(value)


def test_the_page_tells_every_signal_of_the_rules_as_people_are_told_it() -> None:
    told = re.findall(
        r"^\| `([a-z_]+)` \| (for|against|either) \| (.+) \|$", read(ROOT / "docs/algorithms/segmentation.md"), re.M
    )
    assert told == [(signal.name, signal.way, signal.words) for signal in SIGNALS]


def test_the_page_of_analyze_tells_every_key() -> None:
    page = read(ROOT / "docs/analyze.md")
    answer = analyze_file(path=ROOT / RECORD, engine="rules")
    keys = {*answer, *answer["documents"][0], *(key for fact in answer["patients"][0]["facts"] for key in fact)}
    assert {key for key in keys if not re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", page)} == set()


def test_the_page_on_access_tells_every_scope_and_who_has_it() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+:[a-z]+`(?:, )?)+) \| (\w+) \|$", read(ROOT / "docs/access.md"), re.MULTILINE)
    told = {who: set(re.findall(r"[a-z]+:[a-z]+", scopes)) for scopes, who in rows}
    assert set(told) == {"all", "administrator", "integration"}
    assert {role: scopes for role, scopes in SCOPES_OF_ROLE.items() if scopes != told["all"]} == {
        "admin": told["all"] | told["administrator"] | told["integration"],
        "integration": told["all"] | told["integration"],
    }


def test_the_status_has_every_row_of_the_mission() -> None:
    told = re.findall(
        r"^\| ([A-I]\d+) \| [^|]+ \| (works|part|not yet) \|", read(ROOT / "docs/mission-status.md"), re.M
    )
    assert [row for row, _ in told] == [
        f"{part}{number}" for part, most in MISSION_ROWS.items() for number in range(1, most + 1)
    ]


def test_the_picture_is_what_the_product_prints() -> None:
    drawn, kept = (_SECONDS.sub("", svg) for svg in (draw_picture(), read(PICTURE)))
    assert drawn == kept, "the output has changed: run make picture"


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    kept = re.sub(r"<!--.*?-->|xmlns=\"[^\"]*\"", "", read(PICTURE))
    assert not re.search(r"https?:|@import|<image|<script|href", kept)
