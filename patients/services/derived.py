"""Reference values of lung function: the one writer of DerivedValue rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from django.db import transaction

from patients import derivation
from patients.models import DerivedValue, Patient, PulmonaryFunctionTest, SpirometrySet

NUMBERS = ("predicted", "lln", "uln", "z", "percent_predicted")
Key = tuple[int, str, str]


def derive(pft: PulmonaryFunctionTest) -> list[DerivedValue]:
    """Bring the reference values of a session up to date; what has none `selectors.why_not` explains."""
    return derive_all([pft])


def derive_patient(patient: Patient) -> list[DerivedValue]:
    """The same for every session of a patient, after a change of sex, birth date, group or site."""
    return derive_all(PulmonaryFunctionTest.objects.filter(patient=patient).select_related("patient__site"))


@transaction.atomic
def derive_all(pfts: Iterable[PulmonaryFunctionTest], also: Collection[str] = ()) -> list[DerivedValue]:
    """The same for many sessions at once; select their `patient__site` with them.

    Spirometry is compared with the set of the patient's site, with the sets in `also`, and with every set that has
    been computed for the session before, so that no row outlives what it was computed from.
    """
    sessions = list(pfts)
    rows = DerivedValue.objects.filter(pft__in=[pft.pk for pft in sessions]).select_for_update()
    stored = {_key(row): row for row in rows}
    fresh = {_key(row): row for row in _fresh(sessions, stored, also)}
    _write(stored, fresh)
    return list(fresh.values())


def _key(row: DerivedValue) -> Key:
    return row.pft_id, row.measure, row.equation_set


def _fresh(
    sessions: Sequence[PulmonaryFunctionTest], stored: Mapping[Key, DerivedValue], also: Collection[str]
) -> Iterator[DerivedValue]:
    """What the rows should be now."""
    held = derivation.held([pft.pk for pft in sessions])
    yield from _rows(sessions, held)
    sets_of: dict[int, set[str]] = defaultdict(lambda: set(also))
    for pk, _, equation_set in stored:
        sets_of[pk].add(equation_set)
    for spirometry in SpirometrySet.values:
        more = [p for p in sessions if spirometry in sets_of[p.pk] and spirometry != p.patient.site.spirometry_set]
        yield from _rows(more, held, spirometry)


def _rows(
    sessions: Sequence[PulmonaryFunctionTest], held: Mapping[int, Mapping[str, str]], spirometry: str | None = None
) -> Iterator[DerivedValue]:
    for pft, found in zip(sessions, derivation.compute(sessions, held, spirometry), strict=True):
        for one in found.values:
            numbers = {name: getattr(one, name) for name in NUMBERS}
            yield DerivedValue(pft=pft, measure=one.measure.value, equation_set=one.equation_set.value, **numbers)


def _write(stored: Mapping[Key, DerivedValue], fresh: Mapping[Key, DerivedValue]) -> None:
    """Write what differs, so that the history holds changes only."""
    DerivedValue.objects.filter(pk__in=[row.pk for key, row in stored.items() if key not in fresh]).delete()
    DerivedValue.objects.bulk_create([row for key, row in fresh.items() if key not in stored], batch_size=5_000)
    for key, row in stored.items():
        new = fresh.get(key)
        if new is None:
            continue
        new.pk = row.pk
        if any(getattr(row, name) != getattr(new, name) for name in NUMBERS):
            new.save()
