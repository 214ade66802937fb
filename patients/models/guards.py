"""Rules between tables, kept by database triggers so that bulk and raw writes obey them too."""

from __future__ import annotations

import pgtrigger

# The last day on which a date of day, month or year precision can lie.
_END = """(CASE {p} WHEN 'year' THEN (date_trunc('year', {d}) + interval '1 year - 1 day')::date
     WHEN 'month' THEN (date_trunc('month', {d}) + interval '1 month - 1 day')::date ELSE {d} END)"""


def _raise(message: str, constraint: str) -> str:
    return f"RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = '{constraint}', MESSAGE = {message};"


def within_life(prefix: str, column: str = "date") -> pgtrigger.Trigger:
    """A dated fact lies neither before birth nor after death, and proves that its person was alive then."""
    return pgtrigger.Trigger(
        name=f"{prefix}_within_life",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("person", "patients_patient%ROWTYPE")],
        func=f"""
            IF NEW.patient_id IS NULL OR NEW.{column} IS NULL THEN RETURN NEW; END IF;
            SELECT * INTO person FROM patients_patient WHERE id = NEW.patient_id FOR UPDATE;
            IF NEW.{column} < person.birth_date THEN
                {
            _raise(
                f"'{prefix} of ' || NEW.{column} || ' lies before the birth of ' || person.code",
                f"{prefix}_not_before_birth",
            )
        }
            END IF;
            IF NEW.{column} > {_END.format(p="person.death_precision", d="person.death_date")} THEN
                {
            _raise(
                f"'{prefix} of ' || NEW.{column} || ' lies after the death of ' || person.code",
                f"{prefix}_not_after_death",
            )
        }
            END IF;
            IF person.last_seen_alive IS NULL OR person.last_seen_alive < NEW.{column} THEN
                UPDATE patients_patient SET last_seen_alive = NEW.{column} WHERE id = NEW.patient_id;
            END IF;
            RETURN NEW;
        """,
    )


def not_in_future(prefix: str, column: str = "date") -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"{prefix}_not_in_future",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
            IF NEW.{column} > CURRENT_DATE + 1 THEN
                {_raise(f"'{prefix}: ' || NEW.{column} || ' lies in the future'", f"{prefix}_not_in_future")}
            END IF;
            RETURN NEW;
        """,
    )


def life_holds_visits() -> pgtrigger.Trigger:
    """A patient's own dates cannot be moved past what is already recorded of them."""
    visits = " UNION ALL ".join(
        f"SELECT min(date) AS first, max(date) AS last FROM {table} WHERE patient_id = NEW.id"
        for table in ("patients_pulmonaryfunctiontest", "patients_ctstudy")
    )
    return pgtrigger.Trigger(
        name="life_holds_visits",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        declare=[("first_visit", "date"), ("last_visit", "date")],
        func=f"""
            IF NEW.birth_date > CURRENT_DATE THEN
                {_raise("'birth date ' || NEW.birth_date || ' lies in the future'", "patient_birth_not_in_future")}
            END IF;
            SELECT min(first), max(last) INTO first_visit, last_visit FROM ({visits}) AS v;
            IF first_visit < NEW.birth_date THEN
                {
            _raise("'a visit of ' || first_visit || ' lies before this birth date'", "patient_birth_before_visits")
        }
            END IF;
            IF last_visit > {_END.format(p="NEW.death_precision", d="NEW.death_date")} THEN
                {_raise("'a visit of ' || last_visit || ' lies after this death date'", "patient_death_after_visits")}
            END IF;
            IF NEW.last_seen_alive IS NULL OR NEW.last_seen_alive < last_visit THEN
                IF NEW.last_seen_alive IS NOT NULL THEN
                    {
            _raise("'a visit of ' || last_visit || ' is later than last seen alive'", "patient_seen_alive_at_visits")
        }
                END IF;
                NEW.last_seen_alive := last_visit;
            END IF;
            RETURN NEW;
        """,
    )
