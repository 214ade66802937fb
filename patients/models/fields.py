"""Fields and checks that several subjects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from patients import crypto

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class EncryptedTextField(_Text):
    """Text that the database, its history and its backups hold as ciphertext only. Empty stays empty."""

    description = "Text, encrypted at rest"

    def get_prep_value(self, value: Any) -> Any:
        return crypto.encrypt(str(value)) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return crypto.decrypt(value) if value else value


class DatePrecision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


def precision_field() -> models.CharField[str, str]:
    return models.CharField(
        max_length=5,
        choices=DatePrecision.choices,
        default=DatePrecision.DAY,
        help_text=_("How exactly the date is known; month and year dates hold the first day of the period."),
    )


class Source(models.TextChoices):
    FORM = "form", _("form")
    IMPORT = "import", _("import file")
    DICOM = "dicom", _("DICOM")
    API = "api", _("API")
    DEMO = "demo", _("demonstration data")


class ClinicalRecord(models.Model):
    """What every clinical row carries besides its facts: who entered it, when and from where."""

    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.FORM)
    source_detail = models.CharField(
        max_length=300, blank=True, help_text=_("Import file and row, sending station, API client.")
    )

    class Meta:
        abstract = True


def one_of(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """The database refuses a code that the field's choices do not hold."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)


def positive(*fields: str, prefix: str) -> list[models.CheckConstraint]:
    """One constraint a field: absent or above zero."""
    return [
        models.CheckConstraint(
            condition=models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gt": 0}),
            name=f"{prefix}_{field}_positive",
        )
        for field in fields
    ]


def between(field: str, low: float, high: float, name: str) -> models.CheckConstraint:
    """Absent, or low <= value <= high."""
    condition = models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return models.CheckConstraint(condition=condition, name=name)


def ordered(lower: str, upper: str, name: str, strict: bool = False) -> models.CheckConstraint:
    """lower <= upper (or < when strict) wherever both are known; NULL compares as unknown and passes."""
    operator = "lt" if strict else "lte"
    return models.CheckConstraint(condition=models.Q(**{f"{lower}__{operator}": models.F(upper)}), name=name)
