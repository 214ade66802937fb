"""The form of a reader's word: the questions of the rules, each yes, no or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils import timezone

from ildportal.models import User
from patients import services
from patients.models import CTAssessment, CTStudy, Source
from patients.models.imaging import Pattern, YesNoUnknown
from patients.progression.period import PPF_SIGNS
from patients.services.assessments import question

CHANGE = ("fibrosis_more", *PPF_SIGNS, "alternative_explanation")
ABOUT = ("assessor", "date", "prior_study")
ANSWERS = [(one.value, str(one.label).capitalize()) for one in (YesNoUnknown.YES, YesNoUnknown.NO)]
ANSWERS.append((YesNoUnknown.UNKNOWN.value, "Unknown"))
MISSING = {"required": "is missing"}


if TYPE_CHECKING:
    Choice = forms.ModelChoiceField[CTStudy]
else:
    Choice = forms.ModelChoiceField


class Priors(Choice):
    def label_from_instance(self, obj: Any) -> str:
        return f"CT of {obj.date}"


def _question(field: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=question(field), choices=ANSWERS, widget=forms.RadioSelect, required=False, initial=YesNoUnknown.UNKNOWN
    )


class AssessmentForm(forms.Form):
    """Of one CT; amends `assessment` where that is given."""

    assessor = forms.CharField(
        label="Reader", max_length=120, error_messages=MISSING, widget=forms.TextInput(attrs={"autofocus": True})
    )
    date = forms.DateField(
        label="Reading date",
        # Not the browser's own field for days: that shows 11/12/2026 to some, and means either.
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"placeholder": "YYYY-MM-DD", "inputmode": "numeric", "autocomplete": "off"}
        ),
        input_formats=["%Y-%m-%d"],
        error_messages={**MISSING, "invalid": "is no day such as 2026-11-20"},
    )
    prior_study = Priors(
        queryset=CTStudy.objects.none(),
        label="Prior CT",
        required=False,
        empty_label="not compared",
        error_messages={"invalid_choice": "is no earlier CT of this patient"},
    )
    pattern = forms.ChoiceField(label="Pattern", choices=[("", "not said"), *Pattern.choices], required=False)
    text = forms.CharField(label="In the reader's own words", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    fibrosis_present = _question("fibrosis_present")

    def __init__(
        self, data: QueryDict | None, *, study: CTStudy, user: User, assessment: CTAssessment | None = None
    ) -> None:
        self.study, self.user, self.assessment = study, user, assessment
        key = f"assessment-{assessment.pk}" if assessment else f"assess-{study.pk}"
        super().__init__(data, auto_id=f"{key}-%s", initial=self._initial())
        self.fields.update({name: _question(name) for name in CHANGE})
        self.fields["prior_study"].queryset = earlier(study)  # type: ignore[attr-defined]
        self.new = assessment is None
        for name in (*ABOUT, "pattern", "text"):
            self.fields[name].widget.attrs["class"] = "input"
        if data is not None:
            # What is wrong is read first.
            del self.fields["assessor"].widget.attrs["autofocus"]

    @property
    def about(self) -> list[BoundField]:
        """Whose word, when, and against what."""
        return [self[name] for name in ABOUT]

    @property
    def change(self) -> list[BoundField]:
        """The questions about change since the prior CT."""
        return [self[name] for name in CHANGE]

    @property
    def faults(self) -> list[tuple[BoundField, str]]:
        """Fields with what is wrong in them, in the order of the form."""
        return [
            (self[name], "; ".join(str(one) for one in self.errors[name]))
            for name in self.fields
            if name in self.errors
        ]

    def keep(self) -> bool:
        """Check and store; False leaves what is wrong in the form's errors."""
        if not self.is_valid():
            return False
        facts = {**self.cleaned_data}
        for name in ("fibrosis_present", *CHANGE):
            facts[name] = facts[name] or YesNoUnknown.UNKNOWN
        try:
            self._store(facts)
        except ValidationError as error:
            for field, problems in error.error_dict.items():
                self.add_error(field if field in self.fields else None, problems)
        return not self.errors

    def _store(self, facts: dict[str, Any]) -> None:
        if self.assessment:
            services.amend_ct_assessment(self.assessment, **facts)
        else:
            origin: dict[str, Any] = {"recorded_by": self.user, "source": Source.FORM}
            _, self.new = services.assess_ct(self.study, **facts, **origin)

    def _initial(self) -> dict[str, Any]:
        if self.assessment:
            return forms.model_to_dict(self.assessment)
        return {
            "assessor": self.user.get_full_name() or self.user.get_username(),
            "date": timezone.localdate(),
            "prior_study": earlier(self.study).first(),
        }


def earlier(study: CTStudy) -> Any:
    """The patient's earlier CTs, the latest first."""
    if study.patient_id is None or study.date is None:
        return CTStudy.objects.none()
    return CTStudy.objects.filter(patient=study.patient_id, date__lt=study.date).order_by("-date", "-pk")
