import { gunicornPeer } from "../gunicorn-peer.ts";

const common = {
  stack: "Django, gunicorn, csv.writer",
  source: "on-request/django_server.py",
  libraries: ["django"],
  packages: ["python3-django"],
};

/** Streams CSV as in Django's documentation. */
export const djangoPeer = gunicornPeer({
  ...common,
  name: "django",
  rowsPerPiece: 1,
  settings:
    "`StreamingHttpResponse` over `csv.writer` with the echo buffer of Django's documentation, a piece a row; gunicorn with one sync worker, no middleware, no database.",
});

/** Streams CSV in a faster way than in Django's documentation. */
export const batchedDjangoPeer = gunicornPeer({
  ...common,
  name: "django, batched",
  rowsPerPiece: 500,
  settings:
    "The same, with the text of 500 rows joined to one piece, which saves a chunk and a system call for every row.",
});
