"""Observations, symptoms, treatments and events."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django_filters.filters import CharFilter, DateFilter

from ildportal.api.filters import Dated, Filters, choice
from ildportal.api.serializers import course as shown
from ildportal.api.views.base import Facts
from patients.models import ClinicalEvent, Drug, EventType, Observation, SymptomAssessment, Treatment


class ObservationFilters(Dated):
    code = CharFilter(help_text="Code of the measurement, exactly.")
    system = CharFilter(help_text="Who the code is from: loinc or local.")


class Observations(Facts):
    """Anything else that was measured, by code: walk distance, saturation, skin score, questionnaires, blood."""

    one, many = "observation", "observations"
    queryset = Observation.objects.all()
    serializer_class = shown.ObservationSerializer
    filterset_class = ObservationFilters


class Symptoms(Facts):
    """Dyspnoea and cough since the assessment before, and the mMRC grade."""

    one, many = "symptom assessment", "symptom assessments"
    queryset = SymptomAssessment.objects.all()
    serializer_class = shown.SymptomsSerializer
    filterset_class = Dated


class TreatmentFilters(Filters):
    drug = choice("drug", Drug, "Which drug.")
    date_from = DateFilter(field_name="start", lookup_expr="gte", help_text="Started on this day or later.")
    date_to = DateFilter(field_name="start", lookup_expr="lte", help_text="Started on this day or earlier.")
    on = DateFilter(method="ongoing", help_text="Taken on this day.")

    def ongoing(self, rows: QuerySet[Treatment], name: str, day: dt.date) -> QuerySet[Treatment]:
        return rows.filter(Q(stop__isnull=True) | Q(stop__gt=day), start__lte=day)


class Treatments(Facts):
    """Drugs at a dose from `start` up to, not including, `stop`. A change of dose ends one row and starts another."""

    one, many = "treatment", "treatments"
    queryset = Treatment.objects.all()
    serializer_class = shown.TreatmentSerializer
    filterset_class = TreatmentFilters
    ordering_fields = ["start", "stop", "recorded_at"]
    ordering = ["start"]


class EventFilters(Dated):
    type = choice("type", EventType, "What happened.")


class Events(Facts):
    """Exacerbations, hospital stays, oxygen and the rest. Death and transplant are dates of the patient."""

    one, many = "event", "events"
    queryset = ClinicalEvent.objects.all()
    serializer_class = shown.EventSerializer
    filterset_class = EventFilters
