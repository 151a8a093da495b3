"""FastAPI over PostgreSQL: rows of a named cursor of psycopg2, a StreamingResponse over csv.writer on uvicorn.

    PORT=8000 python3 fastapi_server.py DATABASE_URL 500
"""

import os
import sys

import psycopg2
import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.background import BackgroundTask

from csv_pieces import joined, row_writer

database_url = sys.argv[1]
rows_per_piece = int(sys.argv[2])
application = FastAPI()


def write_rows(count):
    """One piece of text a row, as PostgreSQL writes it."""
    write = row_writer()
    connection = psycopg2.connect(database_url)
    try:
        with connection.cursor(name="orders") as cursor:
            cursor.execute("SELECT * FROM orders LIMIT %s", (count,))
            for number, row in enumerate(cursor):
                if number == 0:
                    # The server tells the columns with the first rows.
                    yield write([column.name for column in cursor.description])
                id, customer, email, quantity, price, paid, created_at, *others = row
                yield write([id, customer, email, quantity, price, "t" if paid else "f", created_at, *others])
    finally:
        connection.close()


@application.get("/orders.csv")
def orders(rows: int):
    pieces = joined(write_rows(rows), rows_per_piece)
    # When a client leaves, FastAPI drops the generator, and the query would wait for Python's garbage collector.
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", background=BackgroundTask(pieces.close))


@application.get("/ping")
async def ping():
    return PlainTextResponse("pong")


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", access_log=False)
