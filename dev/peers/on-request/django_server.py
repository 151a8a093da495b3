"""The Django peer: a StreamingHttpResponse over csv.writer and an "echo" buffer, as Django's documentation shows.

    gunicorn 'django_server:create_application("POOL.json", 1)'
"""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from csv_pieces import joined
from order_rows import read_pool, write_rows


def create_application(pool_file, rows_per_piece):
    pool = read_pool(pool_file)

    def orders(request):
        pieces = joined(write_rows(pool, int(request.GET["rows"])), rows_per_piece)
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")

    def ping(request):
        return HttpResponse("pong", content_type="text/plain")

    urls = type("urls", (), {"urlpatterns": [path("orders.csv", orders), path("ping", ping)]})
    settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=urls, MIDDLEWARE=[], USE_I18N=False)
    return get_wsgi_application()
