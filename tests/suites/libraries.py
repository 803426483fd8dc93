"""The table of libraries: a member and its safe twin are one row, written when they have run.

What has a row of the same version of the library and of forkcheck, right in as many runs, need not
run again.
"""

import re

HEAD = """# Libraries that a process uses before it forks

Written by `make suites SUITE=pypi` with wheels of PyPI, pinned by their hashes, Python {python},
glibc {libc}. Each row is a member of `tests/{folder}`: the parent uses the library, then its child
of `multiprocessing` with "fork" does, or, where two names are joined, a worker of the first uses
the second, which its parent has used. *Threads* are those beside the one that forks, and when they
were started: when the library is imported, or when it is used. *The child* is what becomes of it
without forkcheck: it *hangs*, *loses work* (it ends well, and what it had to send, write or compute
came to nothing), *crashes*, *fails* (by an exception, or an end of the library's own making) or is
*safe*. *Forkcheck says* what a run with default options reports, and *runs* how many had just that.
The use in the last column is recommended by the library or by Python: with it the child ended well,
and forkcheck said nothing, in as many runs. *Predicted* is in how many runs of the unsafe use it
also told of a deadlock of another schedule (FC004), which did not happen. A *known gap* is a child
that hangs and of which nothing, or not each time, is said yet.

"""
COLUMNS = ["library", "version", "threads", "the child", "forkcheck says", "certainty", "runs",
           "predicted", "recommended use, tried", "forkcheck"]
ENDS = {0: "safe", 1: "fails", 42: "hangs", 43: "loses work", 128 + 15: "fails"}


def end_of(status):
    """A word for how a run ended (None: it did not); by a signal is less than 0, or 128 and it."""
    if status is None:
        return "does not end"
    return ENDS.get(status, "crashes" if status < 0 or status > 128 else f"ends with {status}")


def count_names(names):
    """How many there are of each name, with the numbers in a name left out."""
    stems = [name.rstrip("0123456789").rstrip("-_#: ") for name in names]
    return ", ".join(f"{stems.count(stem)} {stem}" for stem in sorted(set(stems)))


def threads_of(lines):
    """Of each line the first word says when that thread was started, the rest is its name."""
    threads = [line.split(" ", 1) for line in lines.splitlines()]
    groups = {when: count_names([name for time, name in threads if time == when])
              for when in ("import", "use")}
    return "; ".join(f"{when}: {names}" for when, names in groups.items() if names) or "none"


def is_settled(row, known, runs):
    """Whether it has these versions of the library and of forkcheck, right in that many runs."""
    counts = row[6:7] + re.findall(r": (\d+/\d+)$", row[8]) if row else []
    good = [int(right) == int(of) >= runs for right, of in (count.split("/") for count in counts)]
    return row[1:2] + row[-1:] == known and all(good)


def read(table):
    """The rows that stand, by the library's name."""
    if not table.exists():
        return {}
    cells = [line.strip("| \n").split(" | ") for line in table.open() if line.startswith("| ")]
    return {row[0]: row for row in cells[2:] if len(row) == len(COLUMNS)}


def write(table, rows, **facts):
    lines = [COLUMNS, ["---"] * len(COLUMNS), *(rows[name] for name in sorted(rows, key=str.lower))]
    partial = table.with_suffix(".partial")
    partial.write_text(HEAD.format(**facts) + "".join(f"| {' | '.join(row)} |\n" for row in lines))
    partial.replace(table)
