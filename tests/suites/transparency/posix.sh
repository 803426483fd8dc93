#!/bin/sh
# Conformance tests of the functions whose names start with a word of $1, a list with commas.
set -u
for program in $(ls "$BUILT/bin" | grep -E "^($(echo "$1" | tr , '|'))"); do
	timeout -s KILL 60 "$BUILT/bin/$program"
	printf '%s\t%s\n' "$program" $? >>"$RESULTS"
done
