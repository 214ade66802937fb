"""What all resources share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from ildportal import access
from ildportal.access import Visitor
from ildportal.models import ApiToken
from patients import services
from patients.models import Source


class Reading(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any], ABC):
    """A resource to list and to read."""

    one: str
    many: str
    queryset: QuerySet[Any]
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Any]:
        # The schema is the same for everybody, so it is written without a user.
        fake = getattr(self, "swagger_fake_view", False)
        return self.visible(AnonymousUser() if fake else self.request.user)

    @abstractmethod
    def visible(self, user: Visitor) -> QuerySet[Any]:
        """The rows that `user` may see, with all that is shown of them in a fixed number of queries."""


class Entering(mixins.CreateModelMixin, Reading):
    """A resource to which something is posted."""

    def entered(self, request: Request) -> Response:
        """Of what is held once: 201 where it is new, 200 where its row was there (`is_new` of the serializer)."""
        answer: Any = self.get_serializer(data=request.data)
        answer.is_valid(raise_exception=True)
        self.perform_create(answer)
        return Response(answer.data, status=201 if answer.is_new else 200)


class Writing(mixins.UpdateModelMixin, Entering):
    """A resource that members of a site also write; changes are PATCH, so that nothing is lost by omission."""

    http_method_names = ["get", "head", "options", "post", "patch"]

    def origin(self) -> dict[str, Any]:
        """Who records, and from where."""
        token = self.request.auth
        named = f"token {token.name}" if isinstance(token, ApiToken) else "signed in by password"
        return {"recorded_by": self.request.user, "source": Source.API, "source_detail": named}

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(**self.origin())


class Facts(mixins.DestroyModelMixin, Writing):
    """Clinical facts, of one patient each: read, entered, corrected and removed; the history keeps everything."""

    http_method_names = [*Writing.http_method_names, "delete"]
    ordering_fields: list[str] = ["date", "recorded_at"]
    ordering: list[str] = ["date"]

    def visible(self, user: Visitor) -> QuerySet[Any]:
        model: type[Model] = self.queryset.model
        # What is written reads the patient's site and dates of life as well.
        return access.facts_for(user, model).select_related("patient__site", "recorded_by")

    def perform_destroy(self, instance: Any) -> None:
        services.remove(instance)
