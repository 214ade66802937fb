"""Where every page is."""

from django.contrib.auth import views as auth
from django.urls import include, path

from ildportal import health
from ildportal.pages import findings, heat_files, live, objects, patient, pictures, progression, scorings, worklist
from ildportal.pages.assessments import views as assessments
from ildportal.pages.compare import page as compare

handler500 = "ildportal.api.problems.server_error"
urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", worklist.page, name="worklist"),
    path("worklist/table", worklist.table, name="worklist-table"),
    path("patients/", patient.listing, name="patients"),
    path("verdicts", progression.page, name="verdicts"),
    path("verdicts.csv", progression.download, name="verdicts-download"),
    path("verdicts-evidence.csv", progression.evidence, name="verdicts-evidence"),
    # A code may hold a slash (DM/12).
    path("patients/<path:code>/", patient.page, name="patient"),
    path("compare/patients/<path:code>/", compare.page, name="compare"),
    path("ct/patients/<path:code>/", live.cts, name="patient-cts"),
    path("ct/<int:pk>/pictures/<str:name>", pictures.picture, name="picture"),
    path("ct/<int:pk>/heat/<str:name>", heat_files.picture, name="heat-picture"),
    path("ct/<int:pk>/dicom/<str:name>", objects.download, name="dicom-object"),
    path("ct/<int:pk>/score", scorings.again, name="score-again"),
    path("ct/<int:pk>/goh/<slug:place>", scorings.strip, name="goh"),
    path("findings/<int:pk>/accept", findings.accept, name="finding-accept"),
    path("ct/<int:study>/assessments", assessments.listing, name="assessments"),
    path("ct/<int:study>/assessments/new", assessments.add, name="assess"),
    path("assessments/<int:pk>", assessments.amend, name="assessment-amend"),
    path("runs/<int:run_id>/retry", worklist.retry, name="run-retry"),
    path("api/", include("ildportal.api.urls")),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
