"""Patients."""

from __future__ import annotations

from django.db.models import QuerySet

from ildportal import access
from ildportal.api.serializers.people import PatientSerializer
from ildportal.api.views.base import Writing
from patients.models import Patient


class Patients(Writing):
    """People, by code."""

    queryset = Patient.objects.all()
    serializer_class = PatientSerializer
    lookup_field = "code"
    lookup_value_regex = r"[^\x00]+"
    ordering_fields = ["code", "birth_date", "recorded_at"]
    ordering = ["code"]

    def visible(self, user: access.Visitor) -> QuerySet[Patient]:
        return access.patients_for(user).select_related("site")
