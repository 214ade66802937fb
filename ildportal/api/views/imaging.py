"""CT studies, series, readers' words, runs and what they measured.

Scans come in by DICOM and numbers from the engine: of all this only the readers' words are written here.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase
from django_filters.filters import BooleanFilter, CharFilter, ChoiceFilter, DateFilter, NumberFilter
from django_filters.filterset import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from ildportal import access
from ildportal.api.filters import choice
from ildportal.api.serializers.comparison import ComparisonsShape, body
from ildportal.api.serializers.imaging import AssessmentSerializer, SeriesSerializer, StudySerializer
from ildportal.api.serializers.measures import QuantificationSerializer, RunSerializer
from ildportal.api.views.base import Reading, Writing
from ildportal.pages import comparison, goh, heat_files, objects
from patients.models import CTAssessment, CTSeries, CTStudy, HoldCode
from quant import heat, repeatability
from quant.dicom_out import files
from quant.engine.identity import SIMULATED_ENGINE
from quant.models import Quantification, Run, State
from quant.selectors import measured


class StudyFilters(FilterSet):
    patient = CharFilter(field_name="patient__code", help_text="Code of the patient, exactly.")
    site = CharFilter(field_name="site__code", help_text="Code of the site that received it.")
    date_from = DateFilter(field_name="date", lookup_expr="gte", help_text="Scanned on this day or later.")
    date_to = DateFilter(field_name="date", lookup_expr="lte", help_text="Scanned on this day or earlier.")
    study_uid = CharFilter(help_text="DICOM Study Instance UID.")
    hold_code = choice("hold_code", HoldCode, "Why it waits for a person.")
    held = BooleanFilter(field_name="patient", lookup_expr="isnull", help_text="Waits for a person.")


class Studies(Reading):
    """CT examinations of your patients, and held ones that your site received."""

    one, many = "CT study", "CT studies"
    queryset = CTStudy.objects.all()
    serializer_class = StudySerializer
    filterset_class = StudyFilters
    ordering_fields = ["date", "received_at"]
    ordering = ["date"]

    def visible(self, user: access.Visitor) -> QuerySet[CTStudy]:
        found = access.studies_for(user).select_related("patient", "site", "recorded_by")
        return found.prefetch_related("series")


class SeriesFilters(FilterSet):
    patient = CharFilter(field_name="study__patient__code", help_text="Code of the patient, exactly.")
    study = NumberFilter(field_name="study_id", help_text="Id of the study.")
    series_uid = CharFilter(help_text="DICOM Series Instance UID.")
    chosen = BooleanFilter(help_text="The series of its study that is measured.")


class Series(Reading):
    """Reconstructions; the chosen one of each study is measured."""

    one, many = "CT series", "CT series"
    queryset = CTSeries.objects.all()
    serializer_class = SeriesSerializer
    filterset_class = SeriesFilters
    ordering_fields = ["study", "number"]
    ordering = ["study", "number"]

    def visible(self, user: access.Visitor) -> QuerySet[CTSeries]:
        return access.series_for(user)


class AssessmentFilters(FilterSet):
    patient = CharFilter(field_name="study__patient__code", help_text="Code of the patient, exactly.")
    study = NumberFilter(field_name="study_id", help_text="Id of the study.")
    date_from = DateFilter(field_name="date", lookup_expr="gte", help_text="Read on this day or later.")
    date_to = DateFilter(field_name="date", lookup_expr="lte", help_text="Read on this day or earlier.")


class Assessments(Writing):
    """Readers' words on CT scans, which the progression rules use.

    One of each reader, scan and prior scan: the same reader's second one amends the first (200 instead of 201), and
    what it does not answer is unknown then. The history keeps what an amendment replaced.
    """

    one, many = "CT assessment", "CT assessments"
    queryset = CTAssessment.objects.all()
    serializer_class = AssessmentSerializer
    filterset_class = AssessmentFilters
    ordering_fields = ["date", "recorded_at"]
    ordering = ["date"]

    def visible(self, user: access.Visitor) -> QuerySet[CTAssessment]:
        return access.assessments_for(user).select_related("study", "recorded_by")

    @extend_schema(
        responses={
            201: OpenApiResponse(AssessmentSerializer, description="Entered."),
            200: OpenApiResponse(AssessmentSerializer, description="The same reader's earlier word was amended."),
        }
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.entered(request)


class Measured(FilterSet):
    """What comes from an engine; invented numbers are left out unless they are asked for."""

    patient = CharFilter(field_name="series__study__patient__code", help_text="Code of the patient, exactly.")
    study = NumberFilter(field_name="series__study_id", help_text="Id of the study.")
    series = NumberFilter(field_name="series_id", help_text="Id of the series.")
    engine = CharFilter(help_text="Name of the engine.")
    engine_version = CharFilter(help_text="Version of the engine.")
    simulated = ChoiceFilter(
        choices=[("exclude", "exclude"), ("include", "include"), ("only", "only")],
        method="with_simulated",
        help_text="Invented numbers of the demonstration cohort: left out, taken in, or nothing else. "
        "Left out when this parameter is.",
    )

    def with_simulated(self, rows: QuerySet[Any], name: str, asked: str) -> QuerySet[Any]:
        if asked == "include":
            return rows
        return rows.filter(engine=SIMULATED_ENGINE) if asked == "only" else rows.exclude(engine=SIMULATED_ENGINE)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)  # type: ignore[no-untyped-call]
        asked = self.form.cleaned_data["simulated"] or self.form.cleaned_data["engine"] == SIMULATED_ENGINE
        return found if asked else self.with_simulated(found, "simulated", "exclude")


class RunFilters(Measured):
    state = choice("state", State, "Where it stands.")


class Runs(Reading):
    """Measurements that were asked for, and where each stands."""

    one, many = "run", "runs"
    queryset = Run.objects.all()
    serializer_class = RunSerializer
    filterset_class = RunFilters
    ordering_fields = ["requested_at", "finished_at"]
    ordering = ["-requested_at"]

    def visible(self, user: access.Visitor) -> QuerySet[Run]:
        return access.runs_for(user).select_related("requested_by")


class Dicom(BaseRenderer):
    """Lets a client ask for application/dicom; the file itself is sent as it lies."""

    media_type = "application/dicom"
    format = "dcm"
    charset = None
    render_style = "binary"


class Png(BaseRenderer):
    """Lets a client ask for image/png; the file itself is sent as it lies."""

    media_type = "image/png"
    format = "png"
    charset = None
    render_style = "binary"


class QuantificationFilters(Measured):
    site = CharFilter(field_name="series__study__patient__site__code", help_text="Code of the patient's site.")
    date_from = DateFilter(field_name="series__study__date", lookup_expr="gte", help_text="Scanned then or later.")
    date_to = DateFilter(field_name="series__study__date", lookup_expr="lte", help_text="Scanned then or earlier.")
    current = BooleanFilter(help_text="The one of its series that counts, or replaced ones.")
    accepted = BooleanFilter(help_text="False: needs review.")


class Quantifications(Reading):
    """The numbers of each run, in the words of the contract ildportal.quantification/1."""

    one, many = "quantification", "quantifications"
    queryset = Quantification.objects.all()
    serializer_class = QuantificationSerializer
    filterset_class = QuantificationFilters
    ordering_fields = ["date", "created_at"]
    ordering = ["series__study__date"]
    ordering_places = {"date": "series__study__date"}

    def visible(self, user: access.Visitor) -> QuerySet[Quantification]:
        found = access.quantifications_for(user).select_related("series__study__patient")
        return found.prefetch_related("lobes", "levels")

    @extend_schema(responses=ComparisonsShape)
    @action(detail=True)
    def comparison(self, request: Request, pk: str) -> Response:
        """What changed since each earlier CT of the patient that was measured the same way, newest first.

        Densities also with the air taken out, at one lung volume (docs/engine.md). A change within the engine's
        repeatability limit is no measurable change (docs/repeatability.md).
        """
        later: Quantification = self.get_object()
        patient = later.series.study.patient_id
        history = measured([patient])[patient] if patient is not None else []
        earlier = comparison.comparable(history, later)
        extents, limits = goh.extents([*earlier, later]), repeatability.limits()
        return Response(body(later, [comparison.pair(one, later, extents, limits) for one in earlier]))

    @extend_schema(
        summary="Read one DICOM object of a quantification",
        parameters=[
            OpenApiParameter("name", str, "path", enum=list(files.FILES), description="Which one."),
            OpenApiParameter("format", exclude=True),
        ],
        responses={(200, "application/dicom"): OpenApiTypes.BINARY},
    )
    @action(
        detail=True,
        url_path=r"dicom/(?P<name>[^/]+)",
        url_name="dicom",
        renderer_classes=[*api_settings.DEFAULT_RENDERER_CLASSES, Dicom],
    )
    def dicom(self, request: Request, pk: str, name: str) -> FileResponse:
        return objects.answer(self.get_object(), name)

    @extend_schema(
        summary="Read one heat map of a quantification",
        parameters=[
            OpenApiParameter("name", str, "path", enum=sorted(heat.FILES), description="Which level and score."),
            OpenApiParameter("format", exclude=True),
        ],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    @action(
        detail=True,
        url_path=r"heat/(?P<name>[^/]+)",
        url_name="heat",
        renderer_classes=[*api_settings.DEFAULT_RENDERER_CLASSES, Png],
    )
    def heat(self, request: Request, pk: str, name: str) -> HttpResponseBase:
        """To lay over the slice of its level (docs/goh.md). Trained on synthetic patterns; research use."""
        return heat_files.answer(request, self.get_object(), name)
