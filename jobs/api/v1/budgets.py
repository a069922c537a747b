"""Budgets: what calls to the model may cost the clinic."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.domain.budgets import day_of
from jobs.models import Budget
from jobs.operations import budgeting
from jobs.spending import read_states
from pennie.accounts.permissions import caller_of

_TAGS = ["budgets"]
_EXAMPLE = {
    "id": "01983a5e-3331-7000-8000-000000000001",
    "scope": "clinic",
    "user": None,
    "period": "month",
    "amount_usd": "50.0000",
    "spent_usd": "12.40310000",
    "reserved_usd": "0.00260000",
    "used_usd": "12.40570000",
    "left_usd": "37.59430000",
    "percent": 24,
    "resets_at": "2026-12-01T00:00:00Z",
    "created_at": "2026-11-27T09:30:00Z",
    "updated_at": "2026-11-27T09:30:00Z",
    "links": {"self": "/api/v1/budgets/01983a5e-3331-7000-8000-000000000001/"},
}
_OF_UPLOADS = " null: the budget is for each upload, and each stands differently."


class BudgetLinksField(serializers.DictField):
    """Relative addresses."""

    child = serializers.CharField()


class BudgetStateSerializer(serializers.Serializer[Any]):
    """A budget and how it stands in its present period."""

    id = serializers.UUIDField()
    scope = serializers.ChoiceField(choices=Budget.Scope.choices)
    user = serializers.UUIDField(allow_null=True, help_text="Whose it is; of scope user only.")
    period = serializers.ChoiceField(choices=Budget.Period.choices)
    amount_usd = serializers.DecimalField(max_digits=12, decimal_places=4)
    spent_usd = serializers.DecimalField(
        max_digits=16, decimal_places=8, allow_null=True, help_text="By calls whose cost is known." + _OF_UPLOADS
    )
    reserved_usd = serializers.DecimalField(
        max_digits=16,
        decimal_places=8,
        allow_null=True,
        help_text="Held back for calls under way, and for those of which nobody knows what they cost." + _OF_UPLOADS,
    )
    used_usd = serializers.DecimalField(
        max_digits=16, decimal_places=8, allow_null=True, help_text="Both together." + _OF_UPLOADS
    )
    left_usd = serializers.DecimalField(max_digits=16, decimal_places=8, allow_null=True, help_text="Not below 0.")
    percent = serializers.IntegerField(allow_null=True, help_text="Of the amount that is used, rounded down.")
    resets_at = serializers.DateTimeField(allow_null=True, help_text="When the next period begins. null: never.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    links = BudgetLinksField()


class NewBudgetForm(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(
        choices=[choice for choice in Budget.Scope.choices if choice[0] != Budget.Scope.GLOBAL]
    )
    user = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A member of the clinic; for scope user only."
    )
    period = serializers.ChoiceField(
        choices=Budget.Period.choices, help_text="In UTC. `ever` for scope upload, and for that alone."
    )
    amount_usd = serializers.DecimalField(max_digits=12, decimal_places=4, min_value=0)


class BudgetAmountForm(serializers.Serializer[Any]):
    amount_usd = serializers.DecimalField(max_digits=12, decimal_places=4, min_value=0)


def _read(form_class: type[serializers.Serializer[Any]], request: Request) -> Any:
    form = form_class(data=request.data)
    form.is_valid(raise_exception=True)
    return form.validated_data


def _describe(budgets: list[Budget]) -> list[dict[str, Any]]:
    """As `BudgetStateSerializer` shows them; one query for all."""
    states = read_states(budgets=budgets, day=day_of(timezone.now()))
    names = ("spent_usd", "reserved_usd", "used_usd", "left_usd", "percent", "resets_at")
    return [
        {
            "id": budget.pk,
            "scope": budget.scope,
            "user": budget.user_id,
            "period": budget.period,
            "amount_usd": budget.amount_usd,
            **{name: getattr(states.get(budget.pk), name, None) for name in names},
            "created_at": budget.created_at,
            "updated_at": budget.updated_at,
            "links": {"self": f"/api/v1/budgets/{budget.pk}/"},
        }
        for budget in budgets
    ]


def _answer(budget: Budget, *, status: int = 200) -> Response:
    return Response(BudgetStateSerializer(_describe([budget])[0]).data, status=status)


class BudgetsView(generics.ListAPIView[Budget]):
    resource = "budgets"
    queryset = Budget.objects.none()
    serializer_class = BudgetStateSerializer

    def get_queryset(self) -> QuerySet[Budget]:
        return Budget.objects.of(caller_of(self.request))

    @extend_schema(
        operation_id="budgets_list",
        tags=_TAGS,
        summary="List the clinic's budgets",
        description="Newest first, each with what is used and left of it in its present period. A call is counted on "
        "the day (UTC) on which it was begun.",
        examples=[OpenApiExample("A budget", response_only=True, value=_EXAMPLE)],
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None  # every list of the API has pages
        return self.get_paginated_response(BudgetStateSerializer(_describe(page), many=True).data)

    @extend_schema(
        operation_id="budgets_set",
        tags=_TAGS,
        summary="Set a budget",
        description="What calls to the model may cost in a period: of the clinic, of one of its users, or for each of "
        "its uploads. A call is made only if all that it may cost fits; else its job is parked until the period ends "
        "or the budget is raised. Where there is such a budget already, it is given the amount: 200. 422 "
        "`budget_unfit` with `errors` for what does not go together.",
        request=NewBudgetForm,
        responses={
            201: BudgetStateSerializer,
            200: OpenApiResponse(BudgetStateSerializer, description="There was one; its amount was changed."),
        },
        examples=[
            OpenApiExample("A budget", response_only=True, value=_EXAMPLE),
            OpenApiExample(
                "A month's budget",
                request_only=True,
                value={"scope": "clinic", "period": "month", "amount_usd": "50"},
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        said = _read(NewBudgetForm, request)
        made = budgeting.set_budget(
            scope=said["scope"],
            period=said["period"],
            amount_usd=said["amount_usd"],
            clinic_id=caller_of(request).clinic_id,
            user_id=said["user"],
            now=timezone.now(),
        )
        return _answer(made.budget, status=201 if made.is_new else 200)


class BudgetView(APIView):
    resource = "budgets"

    def find(self, pk: UUID) -> Budget:
        """Raises Missing."""
        return Budget.objects.access(principal=caller_of(self.request), pk=pk)

    @extend_schema(
        operation_id="budgets_retrieve",
        tags=_TAGS,
        summary="Read a budget",
        responses={200: BudgetStateSerializer},
        examples=[OpenApiExample("A budget", response_only=True, value=_EXAMPLE)],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        return _answer(self.find(pk))

    @extend_schema(
        operation_id="budgets_update",
        tags=_TAGS,
        summary="Raise or lower a budget",
        description="Jobs that wait for money are looked at again at once.",
        request=BudgetAmountForm,
        responses={200: BudgetStateSerializer},
        examples=[
            OpenApiExample("A budget", response_only=True, value=_EXAMPLE),
            OpenApiExample("Another amount", request_only=True, value={"amount_usd": "80"}),
        ],
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        budget = self.find(pk)
        budgeting.change_amount(
            budget=budget, amount_usd=_read(BudgetAmountForm, request)["amount_usd"], now=timezone.now()
        )
        return _answer(budget)

    @extend_schema(
        operation_id="budgets_remove",
        tags=_TAGS,
        summary="Remove a budget",
        description="Nothing limits this any more; what was spent stays counted. Jobs that wait for money are looked "
        "at again at once.",
        responses={204: OpenApiResponse(description="It is gone.")},
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        budgeting.remove_budget(budget=self.find(pk))
        return Response(status=204)
