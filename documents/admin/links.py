"""Documents that are one, or amend one another, in the admin: what is proposed waits for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.link_steps import STEPS
from documents.admin.tables import Table, link_to_place, tabulate_changes
from documents.models import Document, DocumentLink
from documents.operations.link_reading import show_difference
from documents.queries import describe_relation, is_link_current, list_links
from pennie.accounts.admin_markup import NOTHING, label
from pennie.accounts.clinic_admin import ClinicAdmin, InUse

_COLOURS = {"found": "info", "proposed": "warning", "confirmed": "success", "rejected": "plain"}
_WORDS = {
    "same": "the same document as",
    "supersedes": "an amended form of",
    "superseded_by": "amended by",
}


class LinkInUse(InUse):
    path = "document__upload__archived_at"


@admin.register(DocumentLink)
class DocumentLinkAdmin(ClinicAdmin):
    resource = "documents"
    list_display = ["__str__", "later", "earlier", "share", "shown_state"]
    list_filter = [LinkInUse, "state", "kind"]
    list_select_related = ["document__upload", "first__upload"]
    search_fields = ["document__title", "first__title"]
    ordering = ["-id"]
    fields = [("later", "earlier"), ("kind", "share", "shown_state"), ("decider", "decided_at")]
    readonly_fields = ["later", "earlier", "share", "shown_state", "decider"]
    change_form_outer_after_template = "pennie/link.html"
    steps = STEPS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_link_current())

    @admin.display(description="document", ordering="document__title")
    def later(self, row: DocumentLink) -> SafeString:
        return link_to_place(row.document)

    @admin.display(description="and", ordering="first__title")
    def earlier(self, row: DocumentLink) -> SafeString:
        return link_to_place(row.first)

    @admin.display(description="alike", ordering="alike")
    def share(self, row: DocumentLink) -> str:
        return f"{row.alike:.0%}"

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: DocumentLink) -> SafeString:
        return label_link(row)

    @admin.display(description="decided by")
    def decider(self, row: DocumentLink) -> str:
        return str(row.decided_by or NOTHING)

    def tell_more(self, request: HttpRequest, row: DocumentLink) -> dict[str, Any]:
        return {**super().tell_more(request, row), "changes": tabulate_difference(row.document, row.first)}


def label_link(link: DocumentLink) -> SafeString:
    return label(link.get_state_display(), _COLOURS[link.state])


def tabulate_difference(first: Document, second: Document) -> Table:
    difference = show_difference(first=first, second=second)
    return tabulate_changes(difference, first=first, second=second)


def tell_links(request: HttpRequest, document: Document) -> list[dict[str, Any]]:
    """The document's links: what it is to the other, the buttons that decide, and where the words differ."""
    links: Any = admin.site.get_model_admin(DocumentLink)
    told = []
    for link in list_links(document=document):
        relation = describe_relation(document, link)
        is_open = link.state == DocumentLink.State.PROPOSED
        told.append(
            {
                "words": _WORDS[relation.kind] if link.state != DocumentLink.State.REJECTED else "another one than",
                "other": link_to_place(relation.other),
                "state": label_link(link),
                "page": format_html('<a class="pennie-link" href="{}">compare</a>', links.address_of(link)),
                "offers": list(links.offer_steps(request, link)),
                "changes": tabulate_difference(document, relation.other) if is_open else None,
            }
        )
    return told
