from django.apps import AppConfig


class QuantConfig(AppConfig):
    name = "quant"
    verbose_name = "Quantification"

    def ready(self) -> None:
        from patients.signals import series_ready
        from quant import services

        series_ready.connect(services.on_series_ready, dispatch_uid="quant.request_run")
