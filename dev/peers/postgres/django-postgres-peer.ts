import { gunicornPeer } from "../gunicorn-peer.ts";

const common = {
  stack: "Django, psycopg2, gunicorn, csv.writer",
  source: "postgres/django_server.py",
  libraries: ["django", "psycopg2"],
  packages: ["python3-django", "python3-psycopg2"],
};

/** The rows of a model by `iterator()`. */
export const djangoPostgresPeer = gunicornPeer({
  ...common,
  name: "django",
  settings:
    "`Order.objects.values_list()[:n].iterator()`, which reads 2,000 rows at a time from a cursor of the server; `StreamingHttpResponse` over `csv.writer`, the text of 500 rows joined to one piece; gunicorn with one sync worker, no middleware, a connection that is kept.",
  rowsPerPiece: 500,
});

/** What streaming is compared with: the usual view of a small export. */
export const bufferedDjangoPostgresPeer = gunicornPeer({
  ...common,
  name: "django, buffered",
  settings:
    "The same rows, all of them written into an `HttpResponse` before it is sent, as Django's documentation shows first.",
  rowsPerPiece: null,
});
