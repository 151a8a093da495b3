"""A whole Django site in a file: an export that is streamed, and a short answer."""

import csv

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for this example",
)

CHUNK_ROWS = 500


class Echo:
    """Gives back what the writer of csv writes, instead of keeping it."""

    def write(self, text):
        return text


def orders(rows):
    """Stands for Order.objects.iterator(): each row as it comes."""
    for number in range(1, rows + 1):
        yield number, f"Smith, {number % 97}", f"{number / 4:.2f}", number % 2 == 0


def lines(rows):
    """The rows as CSV, some hundred at a time: a chunk for each row costs more than making it."""
    writer = csv.writer(Echo())
    chunk = [writer.writerow(("id", "customer", "total", "paid"))]
    for row in orders(rows):
        chunk.append(writer.writerow(row))
        if len(chunk) >= CHUNK_ROWS:
            yield "".join(chunk)
            chunk = []
    yield "".join(chunk)


def export(request):
    rows = int(request.GET.get("rows", 1_000_000))
    return StreamingHttpResponse(lines(rows), content_type="text/csv; header=present")


def ping(request):
    return HttpResponse("pong", content_type="text/plain")


urlpatterns = [path("orders.csv", export), path("ping", ping)]
application = get_wsgi_application()
