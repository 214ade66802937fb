"""Where every resource is. The schema and its page stand beside the version."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from ildportal.api import pages
from ildportal.api.views.people import Patients

router = SimpleRouter()
router.register("patients", Patients)

urlpatterns = [
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", pages.docs, name="api-docs"),
    re_path("", pages.Nowhere.as_view()),
]
