"""Rows and CSV text for the peers in Python."""

import json
from datetime import datetime
from random import Random

from csv_pieces import row_writer

COLUMNS = ["id", "customer", "email", "quantity", "price", "paid", "created_at", "note", "status", "region"]
FIRST_ORDER = 1_577_836_800
SIX_YEARS = 6 * 365 * 86_400


def read_pool(pool_file):
    with open(pool_file, encoding="utf-8") as file:
        return json.load(file)


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
    write = row_writer()
    yield write(COLUMNS)
    yield from map(write, make_orders(pool, count))
