"""Every error is a problem document (RFC 9457): application/problem+json, each fault with its field."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError as Invalid
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error as html_server_error
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from ildportal.api.schema import PROBLEM_TYPE


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER; None for what nobody foresaw."""
    if isinstance(exception, Invalid):
        exception = refused(exception)
    answer = exception_handler(exception, context)
    if answer is None:
        return None
    errors = list(_errors(answer.data)) if isinstance(exception, ValidationError) else []
    detail = "" if errors or not isinstance(exception, APIException) else str(exception.detail)
    # Whatever the client would have accepted: a problem is JSON.
    context["request"].accepted_renderer = JSONRenderer()
    context["request"].accepted_media_type = JSONRenderer.media_type
    return Response(
        document(answer.status_code, detail, errors or _single(answer.data)),
        status=answer.status_code,
        headers={name: value for name, value in answer.headers.items() if name != "Content-Type"},
        content_type=PROBLEM_TYPE,
    )


def document(status: int, detail: str, errors: list[dict[str, str]]) -> dict[str, Any]:
    named = "; ".join(f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in errors)
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or named,
        "errors": errors,
    }


def refused(error: Invalid) -> ValidationError:
    """What a service refuses, as the API says it."""
    found: dict[str, list[ErrorDetail]] = {}
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    for field, faults in by_field.items():
        name = api_settings.NON_FIELD_ERRORS_KEY if field in ("", "__all__") else field
        found[name] = [ErrorDetail(text, code=one.code or "invalid") for one in faults for text in one.messages]
    return ValidationError(found)


def _errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Nested details flattened; fields of fields are joined by dots."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _errors(inner, ".".join(part for part in (field, own) if part))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from _errors(inner, f"{field}.{place}" if isinstance(inner, dict) else field)
    else:
        yield {"field": field, "detail": str(detail), "code": str(getattr(detail, "code", None) or "invalid")}


def _single(data: Any) -> list[dict[str, str]]:
    detail = data.get("detail", "") if isinstance(data, dict) else data
    return list(_errors(detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: a problem below /api/, else the page."""
    if not request.path.startswith("/api/"):
        return html_server_error(request)
    detail = "Something went wrong on the server; it has been logged."
    return JsonResponse(document(500, detail, []), status=500, content_type=PROBLEM_TYPE)
