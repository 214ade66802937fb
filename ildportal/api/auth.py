"""Signing in with a token."""

from __future__ import annotations

import re
from typing import Any

import knox.auth
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed

_FORM = re.compile(rb"[0-9a-f]{64}")


class TokenAuthentication(knox.auth.TokenAuthentication):
    """`Authorization: Bearer TOKEN`; what cannot be a token is refused before the database is asked."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not _FORM.fullmatch(token):
            raise AuthenticationFailed("This is not a valid token.")
        return super().authenticate_credentials(token)  # type: ignore[no-untyped-call]


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "ildportal.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "Made by `manage.py api_token`."}
