"""Where all patients stand, a page at a time."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError

from ildportal import access
from ildportal.api.serializers.verdicts import StandingShape
from ildportal.api.views.base import Reading
from ildportal.models import StoredStanding
from ildportal.standings import table
from ildportal.standings.filters import StandingFilters

# A program is patient; the servers in front of it are not.
SECONDS = 10.0


class Behind(APIException):
    """Facts have overtaken the copies of more patients than one request can work out."""

    status_code = 503
    default_code = "behind"
    wait = 1

    def __init__(self, patients: int) -> None:
        super().__init__(_("Facts have changed; {n} patients are still to be worked out.").format(n=patients))


class StandingSerializer(StandingShape):
    """The copy as it is kept, which is what `/patients/{code}/verdicts/` computes."""

    def to_representation(self, instance: StoredStanding) -> dict[str, Any]:
        return {"patient": instance.patient.code, **instance.document}


class Verdicts(Reading):
    """Every patient by every progression rule and score: the same bodies as of one patient, narrowed by the answers.

    Research use: a verdict says that a published criterion is met, not that a treatment or a trial is right. After a
    large import, ask again while the answer is 503: each request works out more.
    """

    one, many = "standing by all rules", "standings by all rules"
    problems = ["503"]
    queryset = StoredStanding.objects.all()
    serializer_class = StandingSerializer
    filterset_class = StandingFilters
    lookup_field = "patient__code"
    lookup_url_kwarg = "code"
    lookup_value_regex = r"[^\x00]+"
    ordering_fields = list(table.PLACES)
    ordering_places = table.PLACES
    ordering = ["patient__code"]

    def visible(self, user: access.Visitor) -> QuerySet[StoredStanding]:
        if not user.is_authenticated:
            return StoredStanding.objects.none()
        found, behind = table.standings_for(user, SECONDS)
        if behind:
            raise Behind(behind)
        return found

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.request.query_params
        if "answer" not in asked and (alone := [name for name in ("rule", "at") if name in asked]):
            raise ValidationError({"answer": [f"is missing: without it {alone[0]} narrows nothing."]}, code="required")
        return super().filter_queryset(queryset)
