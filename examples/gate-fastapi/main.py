"""An export by FastAPI, streamed."""

import csv
import io

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse

app = FastAPI()
CHUNK_ROWS = 500


def orders(rows):
    """Stands for a query: each row as it comes."""
    for number in range(1, rows + 1):
        yield number, f"Smith, {number % 97}", f"{number / 4:.2f}", number % 2 == 0


def lines(rows):
    """The rows as CSV, some hundred at a time: a chunk for each row costs more than making it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("id", "customer", "total", "paid"))
    for count, row in enumerate(orders(rows), 1):
        writer.writerow(row)
        if count % CHUNK_ROWS == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


@app.get("/orders.csv")
def export(rows: int = 1_000_000):
    return StreamingResponse(lines(rows), media_type="text/csv; header=present")


@app.get("/ping")
async def ping():
    return PlainTextResponse("pong")
