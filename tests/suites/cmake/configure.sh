#!/bin/sh
set -eu
PATH=/usr/bin:/bin
cmake -S "$SOURCE" -B out >configure.log
cmake --build out -j 4 >build.log
grep -c '^\[.*Built target' build.log
(cd out && ctest -j 4) >test.log
grep 'tests passed' test.log
