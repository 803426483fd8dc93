"""A host uses Polars: its parent reads a frame and filters it before it forks, then its workers."""
import polars

import field

ROWS = 100000
POSITIVE = ROWS - 1


def count():
    return polars.read_parquet("numbers.parquet").filter(polars.col("a") > 0).height


def use_before_fork():
    polars.DataFrame({"a": range(ROWS)}).write_parquet("numbers.parquet")
    count()
    field.note_threads()


def answer():
    """For a worker whose host has no answers of its own."""
    with open("answers", "w") as answers:
        print(count(), file=answers)
