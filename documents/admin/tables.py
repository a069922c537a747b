"""Tables on the admin's pages, as unfold's component takes them. A cell is text, or markup that was made safe."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from documents.domain.likeness.changes import Kind
from documents.domain.shown_values import show_value
from documents.models import Document, Fact, Upload
from documents.operations.link_reading import ShownDifference
from pennie.accounts.admin_markup import NOTHING, label, link_to

Table = dict[str, Any]
KIND_WORDS = {
    "pdf": "PDF",
    "word": "Word document",
    "html": "web page",
    "email": "e-mail",
    "image": "picture or fax",
    "zip": "ZIP archive",
}
_CHANGES: Mapping[Kind, str] = {
    "misread": "misread",
    "number": "another number",
    "words": "other words",
    "missing": "only in the first",
    "added": "only in the second",
}
_REVIEW_COLOURS = {
    Document.Review.NEEDED: "warning",
    Document.Review.NOT_NEEDED: "plain",
    Document.Review.CONFIRMED: "success",
    Document.Review.CORRECTED: "info",
}


def label_review(document: Document) -> SafeString:
    return label(document.get_review_display(), _REVIEW_COLOURS[Document.Review(document.review)])


def mark_title(document: Document, title: SafeString | str | None = None) -> SafeString:
    """The title (or `title`, its link), with a label if it was made: the file prints none."""
    made = label("made title") if document.has_made_title else ""
    return format_html("{} {}", title or document.title, made)


def tabulate_documents(documents: Iterable[Document]) -> Table:
    """Documents of several uploads; their upload, and their copies with upload, should be loaded."""
    rows = [
        [
            _hold(format_date(document.date, "Y-m-d") or NOTHING),
            mark_title(document, link_to(document)),
            document.get_type_display(),
            link_to(document.upload),
            span(document.start_line, document.end_line),
            label_review(document),
            _join(link_to_place(copy, text=str(copy.upload)) for copy in document.copies.all()),
        ]
        for document in documents
    ]
    return {"headers": ["date", "title", "type", "file", "lines", "review", "also in"], "rows": rows}


def tabulate_changes(difference: ShownDifference, *, first: Document, second: Document) -> Table:
    """Where the words of two documents differ; each place leads to its line."""
    rows = [
        [
            label(_CHANGES[change.kind], "warning" if change.kind in ("number", "words") else "plain"),
            *_show_words(change.first, first, line=change.first_line),
            *_show_words(change.second, second, line=change.second_line),
        ]
        for change in difference.changes
    ]
    if not difference.is_whole:
        rows.append([label("not all is shown", "warning"), NOTHING, NOTHING, NOTHING, NOTHING])
    return {"headers": ["", f"in {first.upload}", "", f"in {second.upload}", ""], "rows": rows}


def _show_words(words: str, document: Document, *, line: int | None) -> tuple[SafeString | str, SafeString | str]:
    if line is None:
        return NOTHING, ""
    quote = format_html('<span class="pennie-quote">{}</span>', words)
    page = reverse("admin:documents_upload_change", args=(document.upload_id,))
    return quote, format_html('<a class="pennie-link" href="{0}?line={1}#L{1}">line {1}</a>', page, line)


def link_to_place(document: Document, *, text: str = "") -> SafeString:
    """A link to the document's page, with its file and lines; their upload should be loaded."""
    said = text or f"{document.title}, {document.upload}"
    lines = span(document.start_line, document.end_line)
    return format_html('{} <span class="pennie-quiet pennie-hold">lines {}</span>', link_to(document, said), lines)


def _join(parts: Iterable[SafeString]) -> SafeString | str:
    return format_html_join("", "<div>{}</div>", ((part,) for part in parts)) or NOTHING


def tabulate_facts(facts: Iterable[Fact], *, within: bool = False) -> Table:
    """Facts with their place; their document and upload should be loaded. `within`: on the page of their upload."""
    rows = []
    for fact in facts:
        flags = [label("current", "success")] if fact.is_current else []
        flags += [label(flag.replace("_", " "), "warning") for flag in fact.flags]
        rows.append(
            [
                _hold(fact.get_field_display()),
                show_value(field=fact.field, value=fact.value, unit=fact.unit),
                _hold(fact.date or NOTHING),
                _show_quote(fact),
                link_to_line(fact, within=within),
                format_html("{} " * len(flags), *flags) if flags else "",
            ]
        )
    return {"headers": ["field", "value", "date", "read from", "place", ""], "rows": rows}


def _show_quote(fact: Fact) -> SafeString:
    """The words of the file, what of them is the value set off; beside them where they do not hold it as it stands."""
    if fact.raw == fact.quote:
        return format_html('<span class="pennie-quote">{}</span>', fact.quote)
    if fact.quote.count(fact.raw) == 1:
        before, raw, behind = fact.quote.partition(fact.raw)
        return format_html('<span class="pennie-quote">{}<b>{}</b>{}</span>', before, raw, behind)
    return format_html('<span class="pennie-quote">{}</span> <b class="pennie-quote">{}</b>', fact.quote, fact.raw)


def tabulate_uploads(uploads: Iterable[Upload]) -> Table:
    rows = [
        [
            link_to(upload),
            KIND_WORDS.get(upload.kind, upload.kind),
            upload.page_count or NOTHING,
            format_date(upload.received_at, "Y-m-d H:i"),
        ]
        for upload in uploads
    ]
    return {"headers": ["file", "kind", "pages", "received"], "rows": rows}


def link_to_line(fact: Fact, *, within: bool) -> SafeString:
    page = "" if within else reverse("admin:documents_upload_change", args=(fact.upload_id,))
    words = f"line {fact.line}" if within or fact.document is None else f"{fact.document.title}, line {fact.line}"
    look = "pennie-link pennie-hold" if within else "pennie-link"
    return format_html('<a class="{3}" href="{0}?line={1}#L{1}">{2}</a>', page, fact.line, words, look)


def span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _hold(text: str) -> SafeString:
    """On one line."""
    return format_html('<span class="pennie-hold">{}</span>', text)
