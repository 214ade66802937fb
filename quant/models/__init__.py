from quant.models.jobs import Job, State
from quant.models.measures import LevelScore, LobeMeasure, Quantification
from quant.models.repeatability import RepeatabilityLimit, RepeatedMeasure
from quant.models.runs import Run
from quant.models.scorings import Scoring
from quant.models.workers import Worker

__all__ = [
    "Job",
    "LevelScore",
    "LobeMeasure",
    "Quantification",
    "RepeatabilityLimit",
    "RepeatedMeasure",
    "Run",
    "Scoring",
    "State",
    "Worker",
]
