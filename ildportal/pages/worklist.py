from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def retry(request: HttpRequest, run_id: int) -> HttpResponse:
    return HttpResponse()
