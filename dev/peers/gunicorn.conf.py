"""Settings of gunicorn for the Django peers."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '0')}"
workers = 1
worker_class = "sync"
loglevel = "warning"
# A worker that streams for longer is killed.
timeout = 300


def post_worker_init(worker):
    """Tells the port that was free, once the application is loaded."""
    host, port = worker.sockets[0].getsockname()
    print(f"listening on http://{host}:{port}", flush=True)
