from __future__ import annotations

from django.conf import settings

from quant.dicom_out import files
from quant.management.remake import Remake
from quant.models import Quantification


class Command(Remake):
    help = "Write the DICOM SEG and SR of stored measurements: of the named runs, or of all current ones without."
    done = "written"

    def lacks(self, quantification: Quantification) -> bool:
        return not files.held(settings.STORAGE / quantification.label_path)

    def make(self, quantification: Quantification) -> None:
        from quant import objects

        objects.rewrite(quantification)
