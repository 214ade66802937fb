"""What others reached with another network on another hospital's scans: shown beside ours, never as the same."""

from __future__ import annotations

from typing import Any

WARNING = (
    "Other scans, other readers, another network: 50 CTs of one scanner, half of all TOT are 0. "
    "This compares methods. It does not show which of them is better."
)
# Jia and others, Scientific Reports 2024; 14:26666: test set of 50 CTs.
JIA_2024: dict[str, Any] = {
    "title": "Jia 2024, Scientific Reports 14:26666",
    "warning": WARNING,
    "network": {
        "tot": {"mae": 5.9, "kappa": 0.66, "icc": 0.83},
        "gg": {"mae": 4.7, "kappa": 0.58, "icc": 0.71},
        "ret": {"mae": 4.5, "kappa": 0.65, "icc": 0.84},
    },
    "readers": {
        "tot": {"mae": 5.25, "kappa": 0.59, "icc": None},
        "gg": {"mae": 4.00, "kappa": 0.54, "icc": None},
        "ret": {"mae": 3.81, "kappa": 0.61, "icc": None},
    },
}
