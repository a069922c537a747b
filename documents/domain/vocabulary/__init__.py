"""Words of the four languages as data: one folder a language, one TOML file a subject.

load("documents")["es"]  ->  the table of documents/domain/vocabulary/es/documents.toml
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "es", "fr", "de")


@cache
def load(subject: str) -> dict[str, dict[str, Any]]:
    """The tables of `subject` by language, in the order of LANGUAGES; a language without that file is left out."""
    tables: dict[str, dict[str, Any]] = {}
    for language in LANGUAGES:
        source = files(__name__).joinpath(language, f"{subject}.toml")
        if source.is_file():
            tables[language] = tomllib.loads(source.read_text(encoding="utf-8"))
    return tables
