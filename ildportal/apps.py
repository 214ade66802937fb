from django.apps import AppConfig


class IldPortalConfig(AppConfig):
    name = "ildportal"
    verbose_name = "ILD Portal"

    def ready(self) -> None:
        # Shared tasks bind to this application wherever Django runs, also in management commands.
        from ildportal import celery  # noqa: F401
