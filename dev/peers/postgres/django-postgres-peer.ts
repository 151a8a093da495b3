import { gunicornPeer } from "../gunicorn-peer.ts";

/** The rows of a model by `iterator()`. */
export const djangoPostgresPeer = gunicornPeer({
  name: "django",
  stack: "Django, psycopg2, gunicorn, csv.writer",
  settings:
    "`Order.objects.values_list()[:n].iterator()`, which reads 2,000 rows at a time from a cursor of the server; `StreamingHttpResponse` over `csv.writer`, the text of 500 rows joined to one piece; gunicorn with one sync worker, no middleware, a connection that is kept.",
  source: "postgres/django_server.py",
  rowsPerPiece: 500,
  libraries: ["django", "psycopg2"],
  packages: ["python3-django", "python3-psycopg2"],
});
