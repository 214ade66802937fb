from __future__ import annotations

from quant import heat_stage
from quant.management.remake import Remake, Skipped
from quant.models import Quantification


class Command(Remake):
    help = (
        "Draw the heat maps of the score network of stored measurements: of the named runs, or of all current ones. "
        "Those that have them are named and left alone."
    )
    done = "drawn"

    def lacks(self, quantification: Quantification) -> bool:
        return not quantification.is_simulated

    def make(self, quantification: Quantification) -> None:
        try:
            if why := heat_stage.needless(quantification):
                raise Skipped(why)
            heat_stage.draw(quantification)
        except Skipped:
            raise
        except Exception as error:
            heat_stage.failed(quantification, error)
            raise
