"""The same library as one that warms up when it is imported."""
from frames import sum_below

sum_below(1000)
