"""Every address of the API, and an object of a clinic for each: what the isolation test is generated from.

A new address with a parameter needs an entry in OBJECTS, by the beginning of its route up to the parameter; a method
that checks its body first needs one in BODIES. Without them its tests fail, so that none is forgotten.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework.test import APIClient

from documents.models import Document, Upload
from jobs.models import Budget, DailySpending, QueuePause, UseLimit
from pennie.accounts.models import Clinic
from pennie.accounts.permissions import needed_scope
from pennie.accounts.tenancy import ClinicModel
from tests.factories import (
    ApiKeyFactory,
    AttemptFactory,
    BatchFactory,
    BudgetFactory,
    DocumentFactory,
    DocumentLinkFactory,
    FactFactory,
    JobFactory,
    OwnerFactory,
    PatientFactory,
    SegmentationFactory,
    SubjectFactory,
    UploadFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)

ROOT: Final = "api/v1/"
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")

# For callers without credentials; what they send is checked instead.
OPEN: Final = frozenset({"auth/token/", "auth/token/refresh/", "auth/token/revoke/"})
# For every caller, whatever their scopes, about themselves.
FREE: Final = frozenset({"auth/me/", "limits/"})


def make_api_key(clinic: Clinic) -> dict[str, Any]:
    return {"key_id": ApiKeyFactory(clinic=clinic).pk}


def make_job(clinic: Clinic) -> dict[str, Any]:
    return {"pk": JobFactory(upload__clinic=clinic).pk}


def make_dead_letter(clinic: Clinic) -> dict[str, Any]:
    job = JobFactory(upload=UploadFactory(clinic=clinic), state="failed")
    return {"pk": job.pk}


def make_owner(clinic: Clinic) -> dict[str, Any]:
    return {"id": OwnerFactory(clinic=clinic).pk}


def make_patient(clinic: Clinic) -> dict[str, Any]:
    return {"id": PatientFactory(clinic=clinic).pk}


def make_upload(clinic: Clinic) -> dict[str, Any]:
    """An upload with two documents, of an animal that may be a patient of the register."""
    upload = UploadFactory(clinic=clinic)
    segmentation = SegmentationFactory(upload=upload, documents=())
    patient = PatientFactory(clinic=clinic)
    subject = SubjectFactory(segmentation=segmentation, state="proposed", proposed_patient=patient)
    for start, end in [(1, 2), (3, upload.line_count)]:
        DocumentFactory(segmentation=segmentation, start_line=start, end_line=end, subject=subject)
    FactFactory(subject=subject)
    Upload.objects.filter(pk=upload.pk).update(current_segmentation=segmentation)
    told = {"number": segmentation.number, "subject": subject.pk, "patient": patient.pk}
    return {"id": upload.pk, "pk": upload.pk, **told}


def make_document(clinic: Clinic) -> dict[str, Any]:
    made = make_upload(clinic)
    return {**made, "pk": Document.objects.get(upload=made["id"], start_line=1).pk}


def make_linked(clinic: Clinic) -> dict[str, Any]:
    """A document with a link that waits for a decision."""
    made, other = make_document(clinic), make_document(clinic)
    first, document = Document.objects.filter(pk__in=(made["pk"], other["pk"])).order_by("upload")
    link = DocumentLinkFactory(document=document, first=first)
    return {**made, "link": link.pk}


def make_subject(clinic: Clinic) -> dict[str, Any]:
    made = make_upload(clinic)
    return {**made, "id": made["subject"]}


def make_attempt(clinic: Clinic) -> dict[str, Any]:
    attempt = AttemptFactory(job__upload__clinic=clinic)
    return {"pk": attempt.job_id, "number": attempt.number}


def make_budget(clinic: Clinic) -> dict[str, Any]:
    return {"pk": BudgetFactory(clinic=clinic).pk}


def make_webhook(clinic: Clinic) -> dict[str, Any]:
    return {"pk": WebhookEndpointFactory(clinic=clinic).pk}


def make_delivery(clinic: Clinic) -> dict[str, Any]:
    delivery = WebhookDeliveryFactory(endpoint__clinic=clinic, state="failed")
    return {"webhook_pk": delivery.endpoint_id, "pk": delivery.pk}


# The beginning of routes -> an object of that clinic, as the route's arguments. The longest beginning counts.
OBJECTS: Final[Mapping[str, Callable[[Clinic], dict[str, Any]]]] = {
    "auth/api-keys/<uuid:key_id>/": make_api_key,
    "owners/<uuid:id>/": make_owner,
    "patients/<uuid:id>/": make_patient,
    "uploads/<uuid:id>/": make_upload,
    "uploads/<uuid:pk>/": make_upload,
    "documents/<uuid:pk>/": make_document,
    "documents/<uuid:pk>/links/": make_linked,
    "subjects/<uuid:id>/": make_subject,
    "jobs/<uuid:pk>/": make_job,
    "jobs/<uuid:pk>/attempts/<int:number>/": make_attempt,
    "jobs/<uuid:job_id>/stream/": lambda clinic: {"job_id": make_job(clinic)["pk"]},
    "dead-letters/<uuid:pk>/": make_dead_letter,
    "budgets/<uuid:pk>/": make_budget,
    "batches/<uuid:pk>/": lambda clinic: {"pk": BatchFactory(clinic=clinic).pk},
    "webhooks/<uuid:pk>/": make_webhook,
    "webhooks/<uuid:webhook_pk>/": make_delivery,
}

# Tables with rows of clinics, and others besides.
ALSO_OF_CLINICS: Final[frozenset[type[Model]]] = frozenset({Budget, DailySpending, QueuePause, UseLimit})

# What a method must be sent to come as far as looking for the object; "<name>" stands for what its maker told of that.
BODIES: Final[Mapping[str, dict[str, Any]]] = {
    "POST documents/<uuid:pk>/split/": {"line": 2},
    "POST documents/<uuid:pk>/move-start/": {"line": 2},
    "POST documents/<uuid:pk>/assign/": {"patient": "<patient>"},
    "POST subjects/<uuid:id>/assign/": {"patient": "<patient>"},
    "POST dead-letters/<uuid:pk>/discard/": {"reason": "Sent by mistake"},
    "PATCH budgets/<uuid:pk>/": {"amount_usd": "5"},
    "POST webhooks/<uuid:pk>/replay/": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One method of one route."""

    method: str
    route: str  # below ROOT
    view: Any  # the view's class, or None where it is no view of the REST framework
    options: Mapping[str, Any]  # what the view's class was set up with

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def has_parameter(self) -> bool:
        return bool(_PARAMETER.search(self.route))

    @property
    def scope(self) -> str | None:
        """The scope that it asks for; None where it names none."""
        if not hasattr(self.view, "resource") and self.method not in self.options.get("scopes", {}):
            return None
        prepared = type("Prepared", (), {"resource": "", **_collect(self.view), **self.options})
        return needed_scope(prepared, method=self.method)

    def make_object(self, clinic: Clinic) -> dict[str, Any]:
        """Arguments of the route that lead to an object of that clinic."""
        beginnings = [each for each in OBJECTS if self.route.startswith(each)]
        assert beginnings, f"{self.route} has no entry in OBJECTS of {__name__}: tell how to make its object"
        made = OBJECTS[max(beginnings, key=len)](clinic)
        wanting = set(_PARAMETER.findall(self.route)) - set(made)
        assert not wanting, f"{self.route} needs an entry of its own in OBJECTS of {__name__}: it has {wanting} as well"
        return made

    def call(self, client: APIClient, *, body: bytes | None = None, content_type: str = "", **arguments: Any) -> Any:
        """The answer; sent with what BODIES says, unless `body` is given."""
        path = _PARAMETER.sub(lambda found: str(arguments[found[1]]), self.route)
        send = getattr(client, self.method.lower())
        if body is not None:
            return send(f"/{ROOT}{path}", body, content_type=content_type)
        said = BODIES.get(str(self), {})
        filled = {name: arguments.get(str(value).strip("<>"), value) for name, value in said.items()}
        return send(f"/{ROOT}{path}", filled or None, format=None if self.method == "GET" else "json")


def list_operations() -> list[Operation]:
    """Every method of every address below ROOT, in the order of the addresses."""
    return [operation for route, callback in _walk(get_resolver(), "") for operation in _split(route, callback)]


def take_picture(clinic: Clinic) -> dict[str, Any]:
    """Every row of the clinic, to see whether anything changed."""
    models = [model for model in apps.get_models() if issubclass(model, ClinicModel) or model in ALSO_OF_CLINICS]
    rows = {
        model._meta.label: list(model._base_manager.filter(clinic=clinic).order_by("pk").values()) for model in models
    }
    return {**rows, "clinic": Clinic.objects.filter(pk=clinic.pk).values().get()}


def _walk(resolver: URLResolver, start: str) -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        route = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, route)
        elif route.startswith(ROOT):
            assert isinstance(pattern.pattern, RoutePattern), f"{route}: write it with path(), so that it can be tested"
            yield route.removeprefix(ROOT), pattern.callback


def _split(route: str, callback: Any) -> Iterator[Operation]:
    view, options = getattr(callback, "cls", None), getattr(callback, "initkwargs", {})
    methods = getattr(callback, "actions", None) or [
        name for name in getattr(view, "http_method_names", ["get", "post"]) if view is None or hasattr(view, name)
    ]
    for method in methods:
        if method not in ("head", "options"):
            yield Operation(method=method.upper(), route=route, view=view, options=options)


def _collect(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in ("resource", "scopes") if hasattr(view, name)}
