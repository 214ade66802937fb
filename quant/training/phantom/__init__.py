"""Anatomical chest CT phantoms: seeded people, scans and diseases of exactly known extent.

>>> from quant.training.phantom import Disease, Scan, Subject, make, write_dicom
>>> phantom = make(Subject(seed=7, sex="F", age_years=58, height_cm=165), Scan(thickness=2.5), Disease(ground_glass=12))
>>> round(phantom.truth["lesion_percent"])
12
"""

from quant.training.phantom.dicom import truth_path, write_dicom, write_truth
from quant.training.phantom.make import make
from quant.training.phantom.model import LOBES, PATTERNS, Disease, Phantom, PhantomError, Scan, Subject

__all__ = [
    "LOBES",
    "PATTERNS",
    "Disease",
    "Phantom",
    "PhantomError",
    "Scan",
    "Subject",
    "make",
    "truth_path",
    "write_dicom",
    "write_truth",
]
