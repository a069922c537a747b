"""Links and labels on the admin's pages. What is put in is escaped."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
