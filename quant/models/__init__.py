from quant.models.measures import LevelScore, LobeMeasure, Quantification
from quant.models.repeatability import RepeatabilityLimit, RepeatedMeasure
from quant.models.runs import Run, State
from quant.models.workers import Worker

__all__ = [
    "LevelScore",
    "LobeMeasure",
    "Quantification",
    "RepeatabilityLimit",
    "RepeatedMeasure",
    "Run",
    "State",
    "Worker",
]
