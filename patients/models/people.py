"""Who the patients are: person, identifiers, diagnosis, antibodies, consent."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from patients.models.fields import ClinicalRecord, EncryptedTextField, one_of, ordered, positive, precision_field
from patients.models.guards import life_holds_visits


class Sex(models.TextChoices):
    FEMALE = "F", _("female")
    MALE = "M", _("male")


class Subset(models.TextChoices):
    LIMITED = "limited", _("limited cutaneous")
    DIFFUSE = "diffuse", _("diffuse cutaneous")
    SINE = "sine", _("sine scleroderma")
    NONE = "none", _("no systemic sclerosis")


class Smoking(models.TextChoices):
    NEVER = "never", _("never")
    FORMER = "former", _("former")
    CURRENT = "current", _("current")


class SpirometrySet(models.TextChoices):
    """The equation sets that hold spirometry; the other measures have one set each."""

    GLI_GLOBAL_2022 = "GLI-Global-2022", "GLI Global 2022"
    GLI_2012 = "GLI-2012", "GLI-2012"


@pghistory.track()
class Site(models.Model):
    """A hospital or clinic: the scope of access."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    spirometry_set = models.CharField(
        max_length=16,
        choices=SpirometrySet.choices,
        default=SpirometrySet.GLI_GLOBAL_2022,
        help_text=_("What spirometry is compared with; change it by the command derive, which reports the effect."),
    )

    class Meta:
        constraints = [one_of("spirometry_set", SpirometrySet, "site_spirometry_set")]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Patient(ClinicalRecord):
    """One person, shown everywhere by the pseudonym `code`."""

    code = models.CharField(max_length=40, unique=True, help_text=_("Pseudonym, for example SSc-0147."))
    family_name = EncryptedTextField(blank=True, default="")
    given_name = EncryptedTextField(blank=True, default="")
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(
        max_length=1, choices=Sex.choices, blank=True, help_text=_("As the reference equations need it.")
    )
    gender_identity = models.CharField(max_length=60, blank=True)
    ethnicity_gli = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("GLI-2012 group 1 to 5; no other equation set needs it.")
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    ssc_subset = models.CharField(max_length=8, choices=Subset.choices, blank=True)
    raynaud_onset = models.DateField(null=True, blank=True)
    raynaud_onset_precision = precision_field()
    first_non_raynaud = models.DateField(null=True, blank=True)
    first_non_raynaud_precision = precision_field()
    smoking = models.CharField(max_length=8, choices=Smoking.choices, blank=True)
    pack_years = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    death_date = models.DateField(null=True, blank=True)
    death_precision = precision_field()
    death_cause = models.CharField(max_length=200, blank=True)
    transplant_date = models.DateField(null=True, blank=True)
    last_seen_alive = models.DateField(null=True, blank=True, help_text=_("What censoring uses."))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^\S+$"), name="patient_code_is_one_word"),
            models.CheckConstraint(condition=Q(sex__in=["", *Sex.values]), name="patient_sex"),
            models.CheckConstraint(
                condition=Q(ethnicity_gli__isnull=True) | Q(ethnicity_gli__range=(1, 5)),
                name="patient_ethnicity_gli_1_to_5",
            ),
            models.CheckConstraint(condition=Q(ssc_subset__in=["", *Subset.values]), name="patient_ssc_subset"),
            models.CheckConstraint(condition=Q(smoking__in=["", *Smoking.values]), name="patient_smoking"),
            models.CheckConstraint(
                condition=Q(pack_years__isnull=True) | Q(pack_years__gte=0), name="patient_pack_years_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(smoking="never", pack_years__gt=0), name="patient_never_smoker_without_pack_years"
            ),
            models.CheckConstraint(
                condition=Q(death_cause="") | Q(death_date__isnull=False), name="patient_death_cause_needs_date"
            ),
            ordered("birth_date", "death_date", "patient_birth_before_death"),
            ordered("birth_date", "transplant_date", "patient_birth_before_transplant"),
            ordered("birth_date", "last_seen_alive", "patient_birth_before_last_seen"),
        ]
        triggers = [life_holds_visits()]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class PatientIdentifier(models.Model):
    """A number by which an issuing system knows the patient: readable with the keys only."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="identifiers")
    system = models.CharField(max_length=120, blank=True, help_text=_("Issuer of the identifier."))
    value_encrypted = EncryptedTextField()
    value_lookup = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "value_lookup"], name="identifier_once_per_system")]

    def __str__(self) -> str:
        return f"identifier {self.pk} of {self.patient_id}"


class DiagnosisCode(models.TextChoices):
    SSC = "SSc-ILD", "SSc-ILD"
    IPF = "IPF", "IPF"
    RA = "RA-ILD", "RA-ILD"
    IIM = "IIM-ILD", "IIM-ILD"
    SJD = "SjD-ILD", "SjD-ILD"
    MCTD = "MCTD-ILD", "MCTD-ILD"
    IPAF = "UCTD/IPAF", "UCTD/IPAF"
    INSIP = "iNSIP", "iNSIP"
    FHP = "fHP", "fHP"
    UNCLASSIFIABLE = "unclassifiable", _("unclassifiable")
    SARCOIDOSIS = "sarcoidosis", _("sarcoidosis")
    OTHER = "other", _("other")


class Confidence(models.TextChoices):
    DEFINITE = "definite", _("definite")
    HIGH = "high", _("high-confidence provisional")
    LOW = "low", _("low-confidence provisional")


class DecidedBy(models.TextChoices):
    MDT = "mdt", _("MDT")
    CLINICIAN = "clinician", _("clinician")


@pghistory.track()
class Diagnosis(ClinicalRecord):
    """What the patient is thought to have, from a date on; the latest one counts."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="diagnoses")
    code = models.CharField(max_length=20, choices=DiagnosisCode.choices)
    text = models.CharField(max_length=200, blank=True)
    date = models.DateField()
    date_precision = precision_field()
    confidence = models.CharField(max_length=8, choices=Confidence.choices, blank=True)
    decided_by = models.CharField(max_length=9, choices=DecidedBy.choices, blank=True)

    class Meta:
        constraints = [one_of("code", DiagnosisCode, "diagnosis_code")]

    def __str__(self) -> str:
        return self.code


class AntibodyCode(models.TextChoices):
    SCL70 = "anti-Scl-70", "anti-Scl-70"
    CENTROMERE = "anti-centromere", "anti-centromere"
    RNAP3 = "anti-RNA-polymerase III", "anti-RNA-polymerase III"
    PM_SCL = "anti-PM-Scl", "anti-PM-Scl"
    U1_RNP = "anti-U1-RNP", "anti-U1-RNP"
    RO52 = "Ro52", "Ro52"
    SYNTHETASE = "anti-synthetase", "anti-synthetase"
    RF = "RF", _("rheumatoid factor")
    ANCA = "ANCA", "ANCA"
    OTHER = "other", _("other")


class AntibodyResult(models.TextChoices):
    POSITIVE = "positive", _("positive")
    NEGATIVE = "negative", _("negative")


@pghistory.track()
class Antibody(ClinicalRecord):
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="antibodies")
    code = models.CharField(max_length=24, choices=AntibodyCode.choices)
    text = models.CharField(max_length=120, blank=True)
    result = models.CharField(max_length=8, choices=AntibodyResult.choices)
    titre = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    titre_unit = models.CharField(max_length=20, blank=True)
    date = models.DateField(null=True, blank=True)
    date_precision = precision_field()

    class Meta:
        constraints = [
            one_of("code", AntibodyCode, "antibody_code"),
            one_of("result", AntibodyResult, "antibody_result"),
            *positive("titre", prefix="antibody"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.result}"


class ConsentPurpose(models.TextChoices):
    CARE = "care", _("care")
    RESEARCH = "research", _("research")
    SHARING = "sharing", _("sharing")
    TRIAL = "trial", _("trial")


@pghistory.track()
class Consent(ClinicalRecord):
    """What a patient agreed to, and until when; exports ask here."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=8, choices=ConsentPurpose.choices)
    trial = models.CharField(max_length=80, blank=True)
    given = models.DateField()
    withdrawn = models.DateField(null=True, blank=True)
    version = models.CharField(max_length=40, blank=True)
    document = models.CharField(max_length=300, blank=True, help_text=_("Where the signed form is kept."))

    class Meta:
        constraints = [
            one_of("purpose", ConsentPurpose, "consent_purpose"),
            ordered("given", "withdrawn", "consent_given_before_withdrawn"),
            models.CheckConstraint(condition=Q(purpose="trial") ^ Q(trial=""), name="consent_trial_named"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.given}"
