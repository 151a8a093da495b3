"""Django over PostgreSQL: a model's rows by iterator(), a StreamingHttpResponse over csv.writer and an "echo" buffer.

    gunicorn 'django_server:create_application("DATABASE_URL", 500)'

With None instead of 500, an HttpResponse holds the whole text before it is sent.
"""

from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from csv_pieces import joined, row_writer


def define_order():
    """The model, which can be defined only after the settings."""
    from django.db import models

    class Order(models.Model):
        id = models.BigIntegerField(primary_key=True)
        customer = models.TextField()
        email = models.TextField()
        quantity = models.IntegerField()
        price = models.DecimalField(max_digits=10, decimal_places=2)
        paid = models.BooleanField()
        created_at = models.DateTimeField()
        note = models.TextField(null=True)
        status = models.TextField()
        region = models.TextField()

        class Meta:
            app_label = "peers"
            db_table = "orders"

    return Order


def write_rows(model, count):
    """One piece of text a row, as PostgreSQL writes it."""
    write = row_writer()
    yield write([field.name for field in model._meta.fields])
    for id, customer, email, quantity, price, paid, created_at, *others in (
        model.objects.values_list()[:count].iterator()
    ):
        yield write([id, customer, email, quantity, price, "t" if paid else "f", created_at, *others])


def create_application(database_url, rows_per_piece):
    address = urlsplit(database_url)

    def orders(request):
        rows = write_rows(model, int(request.GET["rows"]))
        if rows_per_piece is not None:
            return StreamingHttpResponse(joined(rows, rows_per_piece), content_type="text/csv; charset=utf-8")
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response.writelines(rows)
        return response

    def ping(request):
        return HttpResponse("pong", content_type="text/plain")

    urls = type("urls", (), {"urlpatterns": [path("orders.csv", orders), path("ping", ping)]})
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.lstrip("/"),
        "USER": address.username,
        "HOST": address.hostname,
        "PORT": address.port,
        "CONN_MAX_AGE": None,
    }
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=urls,
        MIDDLEWARE=[],
        USE_I18N=False,
        USE_TZ=False,
        DATABASES={"default": database},
    )
    django.setup()
    model = define_order()
    return get_wsgi_application()
