"""Has sums computed by the workers. Ends with 42 where none is there in time."""
import sys

from celery import Celery, group
from celery.exceptions import TimeoutError

COUNTS = [10, 1000, 100000, 10, 1000]

app = Celery("suite", broker=sys.argv[1], backend=sys.argv[1])
tasks = group(app.signature(sys.argv[2], args=[count]) for count in COUNTS)
try:
    sums = tasks.apply_async().get(timeout=20)
except TimeoutError:
    sys.exit(42)
sys.exit(sums != [count * (count - 1) // 2 for count in COUNTS])
