#!/bin/sh
# One module of CPython's tests, by its own runner.
set -u
timeout -k 10 800 /usr/bin/python3.11 -m test --tempdir=. --junit-xml=tests.xml "$1"
/usr/bin/python3.11 - tests.xml "$RESULTS" <<'END'
import sys
import xml.etree.ElementTree as tree

with open(sys.argv[2], "w") as out:
    for case in tree.parse(sys.argv[1]).iter("testcase"):
        result = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")),
                      case.get("result", "completed"))
        print(case.get("name"), result, sep="\t", file=out)
END
