from __future__ import annotations

from django.conf import settings

from quant import album
from quant.management.remake import Remake
from quant.models import Quantification


class Command(Remake):
    help = "Draw the pictures of stored measurements: of the named runs, or of all current ones that have none."
    done = "drawn"

    def lacks(self, quantification: Quantification) -> bool:
        return album.read(settings.STORAGE / quantification.label_path) is None

    def make(self, quantification: Quantification) -> None:
        from quant import redraw

        redraw.redraw(quantification)
