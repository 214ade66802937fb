"""Where every resource is. The schema and its page stand beside the version."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DynamicRoute, SimpleRouter

from ildportal.api import pages
from ildportal.api.views import course, function, imaging, people, scorings, verdicts


class Router(SimpleRouter):
    """What belongs to one object is looked for before the object: a patient's code may hold a slash."""

    routes = sorted(SimpleRouter.routes, key=lambda route: not isinstance(route, DynamicRoute))


router = Router()
router.register("sites", people.Sites)
router.register("patients", people.Patients)
router.register("verdicts", verdicts.Verdicts)
router.register("diagnoses", people.Diagnoses)
router.register("antibodies", people.Antibodies)
router.register("pfts", function.PFTs)
router.register("pft-findings", function.PFTFindings)
router.register("observations", course.Observations)
router.register("symptoms", course.Symptoms)
router.register("treatments", course.Treatments)
router.register("events", course.Events)
router.register("studies", imaging.Studies)
router.register("series", imaging.Series)
router.register("runs", imaging.Runs)
router.register("quantifications", imaging.Quantifications)
router.register("scorings", scorings.Scorings)
router.register("ct-assessments", imaging.Assessments)

urlpatterns = [
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", pages.docs, name="api-docs"),
    re_path("", pages.Nowhere.as_view()),
]
