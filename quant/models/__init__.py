from quant.models.measures import LevelScore, LobeMeasure, Quantification
from quant.models.runs import Run, State

__all__ = ["LevelScore", "LobeMeasure", "Quantification", "Run", "State"]
