"""Lists come in pages."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    """As many results a page as asked for, up to a cap; what is no number is refused like any other parameter."""

    page_size = 100
    page_size_query_param = "page_size"
    page_size_query_description = "Results a page, at most 500."
    max_page_size = 500

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get(self.page_size_query_param)
        if asked is not None and not (asked.isdecimal() and len(asked) < 10 and int(asked) > 0):
            raise ValidationError({self.page_size_query_param: ["is not a whole number above 0."]}, code="invalid")
        return super().get_page_size(request)
