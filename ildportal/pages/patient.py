from django.http import HttpRequest, HttpResponse


def listing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def page(request: HttpRequest, code: str) -> HttpResponse:
    return HttpResponse()
