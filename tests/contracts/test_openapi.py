"""The OpenAPI document: kept as the code says it, complete, and shown without a word to another host."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

KEPT = Path(__file__).parent.parent.parent / "docs/openapi.yaml"
_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|\bon[a-z]+=\"")
_LOADED = re.compile(r"(?:src|href)=\"([^\"]+)\"")


def read_kept() -> Any:
    return yaml.safe_load(KEPT.read_text(encoding="utf-8"))


def list_operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in read_kept()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_kept_document_is_what_the_code_says(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text(encoding="utf-8") == KEPT.read_text(encoding="utf-8"), "the API has changed: run make openapi"


def test_each_operation_tells_what_it_is_and_where_it_belongs() -> None:
    document = read_kept()
    tags = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, operation in list_operations()]
    assert len(names) == len(set(names))
    wanting = [
        name
        for name, operation in list_operations()
        if not operation.get("summary") or not set(operation["tags"]) <= tags or "default" not in operation["responses"]
    ]
    assert wanting == []


def test_each_operation_names_its_scope_or_is_open_to_every_caller() -> None:
    free = {name for name, operation in list_operations() if "Needs the scope" not in operation.get("description", "")}
    assert free == {
        "POST /api/v1/auth/token/",
        "POST /api/v1/auth/token/refresh/",
        "POST /api/v1/auth/token/revoke/",
        "GET /api/v1/auth/me/",
        "GET /api/v1/limits/",
    }


def test_the_problem_document_is_described() -> None:
    schema = read_kept()["components"]["schemas"]["Problem"]
    assert set(schema["required"]) == {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize("page", ["/docs/", "/redoc/"])
def test_the_pages_load_only_what_is_ours_and_have_no_script_in_them(page: str) -> None:
    client = Client()
    answer = client.get(page)
    assert answer.status_code == 200
    words = answer.content.decode()
    assert not re.search(r"https?://|//[a-z]", words)
    assert not _SCRIPT.search(words)
    loaded = [said for said in _LOADED.findall(words) if said.startswith("/static/")]
    assert loaded
    assert [said for said in loaded if finders.find(said.removeprefix("/static/")) is None] == []
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe-eval" not in answer["Content-Security-Policy"]


def test_the_script_of_the_docs_asks_ours_alone() -> None:
    words = Client().get("/docs/", {"script": ""}).content.decode()
    assert "/openapi.yaml" in words
    assert not re.search(r"https?://", words)


def test_the_document_is_served_to_everybody() -> None:
    answer = Client().get("/openapi.yaml")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["info"]["title"] == "PennieAI"


def test_the_example_of_a_list_goes_on_at_its_own_address() -> None:
    paths = yaml.safe_load(KEPT.read_text())["paths"]
    examples = paths["/api/v1/uploads/{id}/facts/"]["get"]["responses"]["200"]["content"]["application/json"][
        "examples"
    ]
    pages = [example["value"] for example in examples.values()]
    assert pages
    for page in pages:
        assert re.fullmatch(r"https://pennie\.example/api/v1/uploads/[0-9a-f-]{36}/facts/\?cursor=.+", page["next"])
        assert page["previous"] is None
