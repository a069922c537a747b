"""Titles made for documents that print none, in the language of their file: "Consultation note, 2019-03-14"."""

from typing import get_args

from documents.domain.language import Language
from documents.domain.vocabulary import load


def make_title(*, kind: str, date: str | None, language: Language) -> str:
    """The name of a document's type (one of DOCUMENT_TYPES) in `language`, and its date (ISO 8601) if it has one."""
    name: str = load("titles")[language]["made"][kind]
    return f"{name}, {date}" if date else name


def find_made(title: str, *, kind: str, date: str | None) -> Language | None:
    """The language in which `title` was made of a document's type and date, or of its type alone; None: it was not."""
    languages: tuple[Language, ...] = get_args(Language)
    made = {
        make_title(kind=kind, date=day, language=each): each for day in (None, date) for each in reversed(languages)
    }
    return made.get(title)
