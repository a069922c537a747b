"""What staff may do to one object by a button on its page, beside editing its fields: one call into the domain."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from pennie.accounts.admin_markup import say_refusal
from pennie.accounts.staff import may
from pennie.lib.refusals import Missing, Refusal

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as _ModelAdmin

    ModelAdmin = _ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin  # it has no types


MOST_AT_ONCE: Final = 500  # rows of one request

_SAID = "said"  # a field that tells the page of a step on many rows from the list it was chosen on


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a step says when it is done."""

    sentence: str
    secret: str = ""  # shown once, on a page that nothing keeps
    go_to: str = ""  # where to go on; empty: back to the page that the button was on


class Act(Protocol):
    def __call__(self, *, request: HttpRequest, row: Any, data: dict[str, Any], now: datetime) -> Told:
        """Raises Refusal and Missing."""


def _always(row: Any) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    name: str  # in the address
    label: str  # on the button, and in the history
    scope: str  # that a member needs for it
    act: Act
    fits: Callable[[Any], bool] = _always  # whether the object is in a state for it
    form: type[forms.Form] | None = None  # what has to be said with it
    label_of_many: str = ""  # in the menu of a list; empty: not offered there
    is_grave: bool = False  # asked once more before it is done
    is_main: bool = False  # the one that is most often meant


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A step that the page's reader may take on its object."""

    step: Step
    address: str
    form: forms.Form | None


class StepsAdmin(ModelAdmin):
    """A table of the admin with steps. Its history never tells a name: it outlives the row that it is about."""

    steps: ClassVar[Sequence[Step]] = ()
    change_form_outer_before_template = "pennie/steps.html"
    compressed_fields = False

    def may_take(self, request: HttpRequest, step: Step) -> bool:
        return may(request, step.scope)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.step_view)
        return [path("<uuid:object_id>/do/<slug:name>/", view, name=self.step_route), *super().get_urls()]

    @property
    def step_route(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_step"

    def address_of(self, row: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(row.pk,))

    def offer_steps(self, request: HttpRequest, row: Any) -> Iterator[Offer]:
        for step in self.steps:
            if self.may_take(request, step) and step.fits(row):
                address = reverse(f"admin:{self.step_route}", args=(row.pk, step.name))
                yield Offer(step=step, address=address, form=self.ask(request, step, row, None))

    def ask(self, request: HttpRequest, step: Step, row: Any, said: Any) -> forms.Form | None:
        """The form of a step, filled in with what was said. Choices that depend on the clinic are set here."""
        return step.form(said, auto_id=f"{step.name}_%s") if step.form else None

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context.update(offers=list(self.offer_steps(request, obj)), **self.tell_more(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):  # a NUL, which PostgreSQL's texts cannot have
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def tell_more(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the templates of a subclass need besides."""
        return {}

    def step_view(self, request: HttpRequest, object_id: UUID, name: str) -> HttpResponse:
        """One step on one object, then back to its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        step = next((step for step in self.steps if step.name == name), None)
        row = self.get_queryset(request).filter(pk=object_id).first()
        if step is None or row is None:
            messages.warning(request, f"There is no such {self.opts.verbose_name}.")
            return HttpResponseRedirect(reverse("admin:index"))
        if not (self.has_view_permission(request, row) and self.may_take(request, step)):
            raise PermissionDenied
        form = self.ask(request, step, row, request.POST)
        if form is not None and not form.is_valid():
            for field, errors in form.errors.items():
                name = str(form.fields[field].label) if field in form.fields else step.label
                messages.error(request, f"{name}: {' '.join(map(str, errors))}")
            return HttpResponseRedirect(self._find_way_back(request, row))
        told = self.take(request, step, row, form.cleaned_data if form else {})
        if told and told.secret:
            return self.show_secret(request, told, back_to=self.address_of(row))
        return HttpResponseRedirect((told and told.go_to) or self._find_way_back(request, row))

    def _find_way_back(self, request: HttpRequest, row: Any) -> str:
        """To where the button was: a page of the admin that shows the row, by default its own."""
        came_from = request.headers.get("Referer", "")
        is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
        is_page = urlsplit(came_from).path.startswith(reverse("admin:index"))
        return came_from if is_ours and is_page else self.address_of(row)

    def take(self, request: HttpRequest, step: Step, row: Any, data: dict[str, Any]) -> Told | None:
        """The step's word, also as a message on the next page. A refusal is told there instead, and gives None."""
        try:
            told = step.act(request=request, row=row, data=data, now=timezone.now())
        except Refusal as refusal:
            messages.error(request, say_refusal(refusal))
            return None
        except Missing as missing:
            messages.error(request, str(missing))
            return None
        self.log_change(request, row, step.label)
        if not told.secret:
            messages.success(request, told.sentence)
        return told

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        for step in self.steps:
            if step.label_of_many and self.may_take(request, step):
                actions[step.name] = (_repeat(step), step.name, step.label_of_many)
        return actions

    def ask_for_many(self, request: HttpRequest, step: Step, rows: QuerySet[Any], form: forms.Form) -> HttpResponse:
        """A page that asks what has to be said with a step on many rows, and sends the choice of rows again: where all
        of a list were chosen that word, since a form does not take as many fields.
        """
        is_all = request.POST.get("select_across") == "1"
        context = {
            **self.admin_site.each_context(request),
            "title": step.label_of_many,
            "step": step,
            "form": form,
            "chosen": rows[:1] if is_all else rows,
            "count": rows.count(),
            "most": MOST_AT_ONCE,
            "is_all": is_all,
            "selected": ACTION_CHECKBOX_NAME,
            "said": _SAID,
        }
        return TemplateResponse(request, "pennie/many.html", context)

    def show_secret(self, request: HttpRequest, told: Told, *, back_to: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": told.sentence, "told": told, "back_to": back_to}
        # No page of the admin is kept by a browser (`never_cache`), so neither is this.
        return TemplateResponse(request, "pennie/secret.html", context)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return _write_log(request, obj, flag=ADDITION, message=message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        return _write_log(request, obj, flag=CHANGE, message=message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        return [_write_log(request, row, flag=DELETION, message="") for row in queryset]


def _repeat(step: Step) -> Callable[[StepsAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """The step for each of the chosen that it fits, at most MOST_AT_ONCE.

    What has to be said with it is asked for once, on a page of its own.
    """

    def take_each(model_admin: StepsAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        said: dict[str, Any] = {}
        if step.form is not None:
            form = step.form(request.POST if _SAID in request.POST else None)
            if not form.is_valid():
                return model_admin.ask_for_many(request, step, rows, form)
            said = form.cleaned_data
        taken = unfit = 0
        for row in rows.iterator(chunk_size=MOST_AT_ONCE):
            if not step.fits(row):
                unfit += 1
            elif taken == MOST_AT_ONCE:
                messages.warning(request, f"At most {MOST_AT_ONCE} at once. More are left: choose them again.")
                break
            else:
                model_admin.take(request, step, row, said)
                taken += 1
        if unfit:
            messages.warning(request, f"{unfit} left as they are: “{step.label}” does not fit their state.")
        return None

    return take_each


def _write_log(request: HttpRequest, row: Model, *, flag: int, message: Any) -> LogEntry:
    """An entry that names the row by the end of its id."""
    entry = LogEntry(
        user_id=str(request.user.pk),
        content_type_id=get_content_type_for_model(row).pk,
        object_id=str(row.pk),
        object_repr=f"{row._meta.verbose_name} …{str(row.pk)[-8:]}",
        action_flag=flag,
        change_message=message if isinstance(message, str) else json.dumps(message),
    )
    entry.save()
    return entry
