"""Narrowing and sorting lists. A parameter that is not known is refused: a typo must not answer with everything."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters.filters import CharFilter, ChoiceFilter, DateFilter
from django_filters.filterset import FilterSet
from django_filters.rest_framework.backends import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

ALWAYS = {"page", "page_size", "ordering", "format"}
Rows = QuerySet[Any]


class StrictFilters(DjangoFilterBackend):
    """The view's `filterset_class`, on lists only; other parameters are errors everywhere."""

    def filter_queryset(self, request: Request, queryset: Rows, view: APIView) -> Rows:
        chosen = self.get_filterset_class(view, queryset)  # type: ignore[no-untyped-call]
        listing = not getattr(view, "detail", False)
        known = ALWAYS | set(chosen.base_filters) if chosen and listing else {"format"}
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            ways = f"known here: {', '.join(sorted(known - {'format'}))}" if listing else "none is known here"
            raise ValidationError({name: [f"is not a parameter; {ways}."] for name in unknown}, code="unknown")
        empty = sorted(name for name, value in request.query_params.items() if not str(value).strip())
        if empty:
            # A script whose variable is empty must not get everybody instead of one.
            raise ValidationError({name: ["is empty: leave it out."] for name in empty}, code="empty")
        if not listing:
            return queryset
        found: Rows = super().filter_queryset(request, queryset, view)  # type: ignore[no-untyped-call]
        return found


class StrictOrdering(OrderingFilter):
    """`ordering=-date,id` by the view's `ordering_fields`; the primary key breaks ties, so that pages never overlap."""

    ordering_description = "Fields to sort by, separated by commas; a minus before one sorts downwards."

    def filter_queryset(self, request: Request, queryset: Rows, view: Any) -> Rows:
        if getattr(view, "detail", False):
            return queryset
        return queryset.order_by(*(self.get_ordering(request, queryset, view) or ()), "pk")

    def remove_invalid_fields(self, queryset: Rows, fields: Any, view: Any, request: Request) -> list[str]:
        allowed = [name for name, _ in self.get_valid_fields(queryset, view, {"request": request})]
        wrong = [one for one in fields if one.removeprefix("-") not in allowed]
        if wrong:
            known = ", ".join(allowed)
            raise ValidationError({"ordering": [f"{wrong[0]!r} is none of: {known}."]}, code="invalid")
        places: dict[str, str] = getattr(view, "ordering_places", {})
        return [one[: -len(name)] + places.get(name, name) for one in fields for name in [one.removeprefix("-")]]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [name for name, _ in self.get_valid_fields(view.queryset, view)]
        return [
            {
                "name": self.ordering_param,
                "required": False,
                "in": "query",
                "description": f"{self.ordering_description} Known: {', '.join(names)}.",
                "schema": {"type": "string"},
                "example": f"-{names[0]}",
            }
        ]


class Filters(FilterSet):
    """What every list can be narrowed by: the patient and the site, by code."""

    patient = CharFilter(field_name="patient__code", help_text="Code of the patient, exactly.")
    site = CharFilter(field_name="patient__site__code", help_text="Code of the patient's site.")


class Dated(Filters):
    """Facts of one date."""

    date_from = DateFilter(field_name="date", lookup_expr="gte", help_text="On this day or later.")
    date_to = DateFilter(field_name="date", lookup_expr="lte", help_text="On this day or earlier.")


def choice(field: str, choices: Any, help_text: str = "") -> ChoiceFilter:
    return ChoiceFilter(field_name=field, choices=choices.choices, help_text=help_text)
