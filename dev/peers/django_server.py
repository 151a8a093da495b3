"""The Django peer: a StreamingHttpResponse over csv.writer and an "echo" buffer, as Django's documentation shows.

    gunicorn 'django_server:create_application("POOL.json", 1)'
"""

import csv
import json
from datetime import datetime
from random import Random

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

COLUMNS = ["id", "customer", "email", "quantity", "price", "paid", "created_at", "note", "status", "region"]
FIRST_ORDER = 1_577_836_800
SIX_YEARS = 6 * 365 * 86_400


class Echo:
    """A pseudo buffer: it returns what is written instead of keeping it."""

    def write(self, value):
        return value


def make_orders(pool, count):
    """Makes the same rows at every request."""
    random = Random(1).random
    customers, notes = pool["customers"], pool["notes"]
    statuses, regions = pool["statuses"], pool["regions"]
    customer_count, note_count = len(customers), len(notes)
    status_count, region_count = len(statuses), len(regions)
    for number in range(1, count + 1):
        name, email = customers[int(random() * customer_count)]
        price = random() * (920_000 if random() < 0.0625 else 200)
        created_at = datetime.utcfromtimestamp(FIRST_ORDER + random() * SIX_YEARS)
        yield (
            number,
            name,
            email,
            1 + int(random() * (250 if random() < 0.125 else 9)),
            f"{-price if random() < 0.03125 else price:.2f}",
            "true" if random() < 0.7 else "false",
            created_at.isoformat(timespec="milliseconds") + "Z",
            notes[int(random() * note_count)],
            statuses[int(random() * status_count)],
            regions[int(random() * region_count)],
        )


def write_rows(pool, count):
    """One piece of text a row."""
    write = csv.writer(Echo(), lineterminator="\n").writerow
    yield write(COLUMNS)
    yield from map(write, make_orders(pool, count))


def joined(pieces, count):
    """The same text in pieces of so many rows, since each piece becomes a chunk and a system call of its own."""
    gathered = []
    for piece in pieces:
        gathered.append(piece)
        if len(gathered) == count:
            yield "".join(gathered)
            gathered.clear()
    yield "".join(gathered)


def create_application(pool_file, rows_per_piece):
    with open(pool_file, encoding="utf-8") as file:
        pool = json.load(file)

    def orders(request):
        rows = write_rows(pool, int(request.GET["rows"]))
        pieces = rows if rows_per_piece == 1 else joined(rows, rows_per_piece)
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")

    def ping(request):
        return HttpResponse("pong", content_type="text/plain")

    urls = type("urls", (), {"urlpatterns": [path("orders.csv", orders), path("ping", ping)]})
    settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=urls, MIDDLEWARE=[], USE_I18N=False)
    return get_wsgi_application()
