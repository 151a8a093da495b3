"""The Starlette peer: a StreamingResponse over csv.writer on uvicorn.

    PORT=8000 python3 starlette_server.py POOL.json 500
"""

import os
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from csv_pieces import joined
from order_rows import read_pool, write_rows

pool = read_pool(sys.argv[1])
rows_per_piece = int(sys.argv[2])


async def pieces_of(count):
    """An asynchronous generator, since Starlette asks a plain one for every piece in another thread."""
    for piece in joined(write_rows(pool, count), rows_per_piece):
        yield piece


async def orders(request):
    pieces = pieces_of(int(request.query_params["rows"]))
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8")


async def ping(request):
    return PlainTextResponse("pong")


application = Starlette(routes=[Route("/orders.csv", orders), Route("/ping", ping)])

if __name__ == "__main__":
    port = int(os.environ["PORT"])
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", access_log=False)
