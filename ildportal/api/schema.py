"""How the OpenAPI document describes the resources."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from ildportal.api import examples

PROBLEM_TYPE = "application/problem+json"
SUMMARIES = {
    "list": "List {many}",
    "retrieve": "Read one {one}",
    "create": "Enter one {one}",
    "partial_update": "Correct one {one}",
    "destroy": "Remove one {one}",
    "accept": "Accept one {one}",
    "comparison": "Compare one {one} with those of earlier CTs",
    "trajectory": "Read the slopes and the forecast of one {one}",
    "verdicts": "Read the verdicts and scores of one {one}",
}
PROBLEMS = {
    "400": "Something in the request is wrong; `errors` names each field.",
    "401": "Nobody is signed in, or the token is not valid any more.",
    "403": "You may not write, or the session's CSRF token is missing.",
    "404": "It does not exist, or you do not see it: nobody can tell which.",
    "415": "The body is not application/json.",
    "429": "Too many requests; `Retry-After` says for how many seconds to wait.",
    "503": "Not all of it is worked out yet; ask again after `Retry-After` seconds.",
}


class Fault(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Where it is, by dots; empty for the request as a whole.")
    detail = serializers.CharField(help_text="What is wrong, and the way out.")
    code = serializers.CharField(help_text="For programs.")


class Problem(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField(help_text="about:blank: the status says what kind of problem it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="All of it in one line.")
    errors = Fault(many=True)  # type: ignore[assignment]


class Schema(AutoSchema):
    """Summaries from the view's `one` and `many`; every operation may answer with a problem."""

    view: Any

    def get_summary(self) -> str:
        return SUMMARIES[self.view.action].format(one=self.view.one, many=self.view.many)

    def get_examples(self) -> list[OpenApiExample]:
        resource = self.path.split("/")[3]
        bodies = {
            "create": lambda: examples.entered(resource, "SSc-0147"),
            "partial_update": lambda: examples.CORRECTED[resource],
        }
        if self.view.action not in bodies:
            return []
        return [OpenApiExample(self.get_summary(), value=bodies[self.view.action](), request_only=True)]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in found:
            parameter["description"] = f"{parameter['name'].capitalize()} of the {self.view.one}."
            if parameter["name"] == "id":
                parameter["schema"] = {"type": "integer", "minimum": 1}
        return found

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self._problems():
            said = OpenApiResponse(Problem, description=PROBLEMS[status])
            answer = self._get_response_for_code(said, status, [PROBLEM_TYPE], direction)  # type: ignore[no-untyped-call]
            bodies[status] = answer
        return bodies

    def _problems(self) -> list[str]:
        action = self.view.action
        writes, detail = action in ("create", "partial_update", "destroy", "accept"), action != "create"
        found = ["400", "401", *(["403"] if writes else []), *(["404"] if detail else [])]
        return [
            *found,
            *(["415"] if action in ("create", "partial_update", "accept") else []),
            "429",
            *getattr(self.view, "problems", ()),
        ]


def closed(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing: bodies hold the fields that are listed, and no others; times of day have no zone."""
    for name, component in result["components"]["schemas"].items():
        for field in component.get("properties", {}).values():
            if field.get("format") == "time":
                # What JSON Schema calls a time has an offset from UTC; the clock of a laboratory has none.
                del field["format"]
                field["pattern"] = r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?$"
        if name.endswith("Request") and component.get("type") == "object":
            component["additionalProperties"] = False
    return result
