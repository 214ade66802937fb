"""Reconstruction kernel and contrast medium: names of many makers, few classes. No Django here.

The classes follow the makers' own grading (GE names, Siemens numbers, Philips letters, Canon FC numbers):
soft kernels smooth, sharp ones (lung, bone) raise noise and edges and with them every density measure.
"""

import re
from typing import Literal

from patients.intake.header import InstanceHeader

KernelClass = Literal["soft", "medium", "sharp"]
Contrast = Literal["yes", "no", "unknown"]

SIEMENS = re.compile(r"\b[A-Z][A-Z]?(\d\d)[A-Z]?(?:\b|_|\\)")
CANON = re.compile(r"\bFC(\d\d)\b")
PHILIPS_SHARP = frozenset(("D", "E", "EB", "EC", "L", "YA", "YB", "YC", "YD"))
PHILIPS_MEDIUM = frozenset(("B", "C"))
WORDS: tuple[tuple[str, KernelClass], ...] = (
    ("BONE", "sharp"),
    ("LUNG", "sharp"),
    ("CHST", "sharp"),
    ("EDGE", "sharp"),
    ("ULTRA", "sharp"),
    ("SHARP", "sharp"),
    ("DETAIL", "medium"),
    ("STANDARD", "medium"),
    ("STND", "medium"),
    ("MEDIUM", "medium"),
    ("BODY", "medium"),
    ("SOFT", "soft"),
    ("SMOOTH", "soft"),
)
NO_AGENT = frozenset(("", "NO", "NONE", "N", "0", "OHNE", "SANS", "W/O", "WITHOUT", "NATIVE"))
ENTERAL_ONLY = re.compile(r"(ORAL|RECTAL|PO|[\s/,&+]|AND|CONTRAST)+")
SAYS_NO = re.compile(r"\bW/?O\b|\bWITHOUT\b|\bNON[- ]?CONTRAST\b|\bUNENHANCED\b|\bNATIV\w*|\bSANS\b|\bC-")
SAYS_YES = re.compile(r"\bWITH (IV )?CONTRAST\b|\bENHANCED\b|\bCTP?A\b|\bANGIO\w*|\bC\+|\+C\b|\bPOST[- ]CONTRAST\b")


def kernel_class(kernel: str) -> KernelClass | None:
    """Soft, medium or sharp; None for an absent or unknown name.

    >>> [kernel_class(k) for k in ("STANDARD", "B70f", "Br40d", "FC52", "YA", "", "XYZ")]
    ['medium', 'sharp', 'medium', 'sharp', 'sharp', None, None]
    """
    name = kernel.upper().strip()
    if found := CANON.search(name):
        return _graded(int(found[1]), 10, 30)
    for word, graded in WORDS:
        if word in name:
            return graded
    if found := SIEMENS.search(name):
        return _graded(int(found[1]), 35, 50)
    return _philips(name)


def contrast(header: InstanceHeader) -> Contrast:
    """Intravenous contrast medium, from the agent, else from the descriptions.

    Contrast in the gut alone does not reach the lung and counts as "no"; an empty agent says nothing.
    """
    agent = header.contrast_agent.upper() if header.contrast_agent is not None else ""
    if agent and (agent in NO_AGENT or ENTERAL_ONLY.fullmatch(agent)):
        return "no"
    if agent:
        return "yes"
    said = " ".join((header.series_description, header.protocol, header.study_description)).upper()
    if SAYS_NO.search(said):
        return "no"
    return "yes" if SAYS_YES.search(said) else "unknown"


def _philips(name: str) -> KernelClass | None:
    if name in PHILIPS_SHARP:
        return "sharp"
    if name in PHILIPS_MEDIUM:
        return "medium"
    return "soft" if name == "A" else None


def _graded(number: int, medium_from: int, sharp_from: int) -> KernelClass:
    if number < medium_from:
        return "soft"
    return "medium" if number < sharp_from else "sharp"
