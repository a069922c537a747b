"""Links and labels on the admin's pages. What is put in is escaped."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pennie.lib.refusals import Refusal

NOTHING = "–"


def link_to(row: Model | None, text: str = "") -> SafeString | str:
    """A link to the row's page in the admin."""
    if row is None:
        return NOTHING
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
    return format_html('<a class="pennie-link" href="{}">{}</a>', address, text or str(row))


def label(text: str, colour: str = "plain") -> SafeString:
    """`colour`: plain, success, warning, danger or info."""
    return format_html('<span class="pennie-label pennie-label-{}">{}</span>', colour, text)


def say_refusal(refusal: Refusal) -> str:
    """What is wrong and what to do, once: some details begin with the title."""
    if refusal.detail.startswith(refusal.title):
        return refusal.detail
    return f"{refusal.title}. {refusal.detail}"
