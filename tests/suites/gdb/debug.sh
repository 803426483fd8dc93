#!/bin/sh
# The process ids that gdb prints are cut out.
set -eu
gdb -q -nx -batch -x "$SOURCE/commands.gdb" ./forks </dev/null >gdb.log 2>&1
grep -E '^number|^exit status|children$|exited normally' gdb.log | sed 's/process [0-9]*/process/'
