"""Tolerant reading of DICOM values: what cannot be read is absent, never a traceback.

No Django here. Every function takes a pydicom dataset and a keyword (PS3.6) and answers None or "" for
an element that is missing, empty, of a wrong VR or of a form that cannot be understood.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset

Vector = tuple[float, ...]

UID_FORM = re.compile(r"[0-9]+(\.[0-9]+)*")
UID_MAX = 64
TEXT_MAX = 255


def raw(dataset: Dataset, keyword: str) -> Any:
    """The decoded value, or None where pydicom cannot decode it."""
    try:
        return dataset.get(keyword)
    except Exception:
        # Decoding happens on access, so one odd element raises here (ValueError, struct.error,
        # LookupError of a charset, ...) and must not cost the rest of the header.
        return None


def items(dataset: Dataset, keyword: str) -> list[Any]:
    """The values of a multi-valued element as a list, [] when absent."""
    value = raw(dataset, keyword)
    if value is None or value == "":
        return []
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return list(value)
    return [value]


def clean(value: object) -> str:
    """Printable text without NUL and control characters (PostgreSQL refuses NUL), at most 255 long."""
    text = "" if value is None else str(value)
    return "".join(c for c in text if c.isprintable()).strip()[:TEXT_MAX]


def text(dataset: Dataset, keyword: str) -> str:
    """One line of text; several values are joined by the backslash that DICOM puts between them."""
    return clean("\\".join(clean(v) for v in items(dataset, keyword)))


def words(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """The values of a code string, upper case."""
    return tuple(clean(v).upper() for v in items(dataset, keyword))


def uid(dataset: Dataset, keyword: str) -> str:
    """A well-formed UID or "": UIDs become folder names, so nothing else may pass."""
    value = text(dataset, keyword)
    return value if UID_FORM.fullmatch(value) and len(value) <= UID_MAX else ""


def vector(dataset: Dataset, keyword: str, size: int) -> Vector | None:
    """Exactly ``size`` finite numbers, else None."""
    try:
        numbers = tuple(float(v) for v in items(dataset, keyword))
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if len(numbers) == size and all(map(math.isfinite, numbers)) else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """The first value as a finite number, else None."""
    try:
        value = float(items(dataset, keyword)[0])
    except (IndexError, TypeError, ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def whole(dataset: Dataset, keyword: str) -> int | None:
    """The first value as an integer, else None."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def date(dataset: Dataset, keyword: str) -> dt.date | None:
    """A DA value, also in the old ACR-NEMA form 2001.02.03; None for a day that does not exist."""
    digits = text(dataset, keyword).replace(".", "").replace("-", "")
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def time(dataset: Dataset, keyword: str) -> dt.time | None:
    """A TM value to the second (HH, HHMM, HHMMSS, fraction dropped), else None."""
    found = re.match(r"([0-9]{2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?", text(dataset, keyword))
    if not found:
        return None
    try:
        hour, minute, second = (int(part or 0) for part in found.groups())
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def name(dataset: Dataset, keyword: str, component: str) -> str:
    """A component (family_name, given_name) of a person name, from the first group that has it."""
    person = raw(dataset, keyword)
    try:
        found = clean(getattr(person, component, ""))
        return found or _other_script(person, component)
    except Exception:
        # As in raw(): the components are decoded on access.
        return ""


def _other_script(person: Any, component: str) -> str:
    """The component from the ideographic, else the phonetic group of a PN value."""
    place = ("family_name", "given_name").index(component)
    for group in (getattr(person, "ideographic", ""), getattr(person, "phonetic", "")):
        parts = str(group or "").split("^")
        if len(parts) > place and clean(parts[place]):
            return clean(parts[place])
    return ""


def sub(dataset: Dataset | None, keyword: str, index: int = 0) -> Dataset | None:
    """One item of a sequence, else None."""
    if dataset is None:
        return None
    sequence = items(dataset, keyword)
    found = sequence[index] if -len(sequence) <= index < len(sequence) else None
    return found if isinstance(found, Dataset) else None
