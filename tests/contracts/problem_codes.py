"""Every code of a problem that the code can answer with, and its HTTP statuses, found by reading the source.

A refusal's code stands in its class, or is the first thing that is said to it; `answer_problem` and `make_problem` are
told one. What the framework answers by itself is taken from its classes.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rest_framework.exceptions import APIException
from rest_framework_simplejwt.exceptions import InvalidToken

from documents.extraction import problems as extraction
from pennie.rest.limits import BodyTooLarge

ROOT = Path(__file__).parent.parent.parent
APPS = ("pennie", "patients", "documents", "jobs")
# Their codes are those of a table, or of another problem that they hand on.
ELSEWHERE = frozenset({"ExtractionProblem", "JobFailed"})
# What is said to a class where it is no constant.
SAID: Mapping[str, tuple[str, ...]] = {"RowArchived(str(row._meta.verbose_name))": ("owner", "patient")}
_FUNCTIONS = frozenset({"answer_problem", "make_problem"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A class of refusals. `code` has "{}" where it is made of what is said to the class."""

    code: str
    status: int | None  # None: said to the class, always


def find_codes() -> Mapping[str, frozenset[int]]:
    """The statuses of each code."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for app in APPS for path in (ROOT / app).rglob("*.py")]
    found: defaultdict[str, set[int]] = defaultdict(set)
    for code, status in (*_read_refusals(trees), *_list_extraction(), *_list_frameworks()):
        found[code].add(status)
    return {code: frozenset(statuses) for code, statuses in found.items()}


def _read_refusals(trees: list[ast.Module]) -> Iterator[tuple[str, int]]:
    for tree in trees:
        for said in ast.walk(tree):
            if isinstance(said, ast.Call) and isinstance(said.func, ast.Name) and said.func.id in _FUNCTIONS:
                code, status = _keyword(said, "code"), _keyword(said, "status")
                if isinstance(code, str) and isinstance(status, int):
                    yield code, status
    kinds = _read_kinds(trees)
    open_kinds = {name: kind for name, kind in kinds if "{}" in kind.code}
    open_kinds["Refusal"] = _Kind(code="{}", status=None)
    yield from ((kind.code, kind.status) for _, kind in kinds if "{}" not in kind.code and kind.status)
    for tree in trees:
        for said in ast.walk(tree):
            if isinstance(said, ast.Call) and isinstance(said.func, ast.Name) and said.func.id in open_kinds:
                kind = open_kinds[said.func.id]
                status = _keyword(said, "status") or kind.status
                assert isinstance(status, int)
                yield from ((kind.code.format(each), status) for each in _read_first(said))


def _read_first(call: ast.Call) -> tuple[str, ...]:
    first = call.args[0]
    return (str(first.value),) if isinstance(first, ast.Constant) else SAID[ast.unparse(call)]


def _read_kinds(trees: list[ast.Module]) -> list[tuple[str, _Kind]]:
    """The refusals' classes by name; two may share one."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    names = {"Refusal"}
    while further := {each.name for each in classes if names & {ast.unparse(base) for base in each.bases}} - names:
        names |= further
    refusals = [each for each in classes if each.name in names - ELSEWHERE - {"Refusal"}]
    return [(each.name, _read_kind(each)) for each in refusals]


def _read_kind(refusal: ast.ClassDef) -> _Kind:
    (init,) = [each for each in refusal.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
    (call,) = [
        each for each in ast.walk(init) if isinstance(each, ast.Call) and ast.unparse(each.func) == "super().__init__"
    ]
    status = _keyword(call, "status")
    if status is None:  # handed on: what it is unless it is said
        defaults = {each.arg: said for each, said in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)}
        default = defaults.get("status")
        status = default.value if isinstance(default, ast.Constant) else None
    assert status is None or isinstance(status, int)
    return _Kind(code=_read_template(call.args[0]), status=status)


def _read_template(code: ast.expr) -> str:
    if isinstance(code, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in code.values)
    return str(code.value) if isinstance(code, ast.Constant) else "{}"


def _keyword(call: ast.Call, name: str) -> object:
    """What is said by that name, if it stands there."""
    for each in call.keywords:
        if each.arg == name and isinstance(each.value, ast.Constant):
            return each.value.value
    return None


def _list_extraction() -> Iterator[tuple[str, int]]:
    for code in extraction.CODES:
        yield code, extraction.ExtractionProblem(code).status


def _list_frameworks() -> Iterator[tuple[str, int]]:
    raised_ones: tuple[type[APIException], ...] = (*APIException.__subclasses__(), InvalidToken, BodyTooLarge)
    for raised in raised_ones:
        if raised.__module__.startswith(("rest_framework", "pennie")) and raised.default_code is not None:
            yield str(raised.default_code), raised.status_code
    yield str(APIException.default_code), APIException.status_code
