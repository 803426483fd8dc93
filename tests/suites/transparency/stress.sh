#!/bin/sh
# One stressor of stress-ng, which checks its own results.
set -u
stress-ng --"$1" 2 --timeout 5 --verify --stdout
printf '%s\t%s\n' "$1" $? >"$RESULTS"
