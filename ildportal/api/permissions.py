"""Who may ask, and who may write. Which rows there are is a matter of ildportal/access.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from ildportal import access

if TYPE_CHECKING:  # rest_framework.views itself reads this module
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Members(BasePermission):
    """Reading: anybody signed in. Writing: members of a site."""

    message = "Only members of a site may write: ask an administrator."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or access.may_write(request.user)
