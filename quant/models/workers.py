"""Which worker processes live: each writes its row every few seconds, and says when it stops."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Worker(models.Model):
    """One worker process. `name` is the one that the runs it takes carry in their own `worker`."""

    name = models.CharField(max_length=120, unique=True, help_text=_("Celery host name, slash, process number."))
    device = models.CharField(max_length=40, blank=True, help_text=_("Where it last measured; blank before."))
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(db_default=Now(), editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, help_text=_("Null for one that did not take its leave."))

    class Meta:
        indexes = [models.Index(fields=["-seen_at"], name="worker_last_seen")]

    def __str__(self) -> str:
        return self.name
