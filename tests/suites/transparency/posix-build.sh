#!/bin/sh
# Builds the conformance tests of the Open POSIX Test Suite into bin: Debian's, or those in the
# folder $FORKCHECK_POSIX (testcases/open_posix_testsuite of the Linux Test Project, which goes on
# with it). Left out are tests that set the machine's clock, those that do not compile, one whose
# result is a race (it takes the errno of a wait() for that of the mq_receive() before), and one
# that waits at a barrier which it never made: what it finds there others left on the stack.
set -eu
suite=${FORKCHECK_POSIX:-$PWD/posixtestsuite}
if [ "${FORKCHECK_POSIX:-}" ]; then
	git -C "$suite" describe --always --long >version || echo unknown >version
else
	sh "$SOURCE/fetch.sh" posixtestsuite
	dpkg-parsechangelog -l "$suite/debian/changelog" -S Version >version
fi

# Old tests expect of some headers that they bring others along.
cat >compile <<'END'
name=$(echo "${1%.c}" | tr / _)
gcc -std=gnu99 -D_GNU_SOURCE -w -include signal.h -include fcntl.h -I"$2/include" \
	-I"$(dirname "$1")" "$1" $(ls "$2"/lib/*.c 2>/dev/null) -o "$OLDPWD/bin/$name" \
	-lpthread -lrt -lm 2>/dev/null || echo "$name" >>"$OLDPWD/not-compiled"
END
mkdir bin
compile=$PWD/compile
cd "$suite/conformance/interfaces"
find . -name '[0-9]*-[0-9]*.c' ! -name '*buildonly*' -printf '%P\n' |
	xargs grep -LE 'clock_settime|settimeofday' | grep -vE '^(mq_receive/13|pthread_barrier_wait/6)-1' | sort |
	xargs -P "$(nproc)" -I{} sh "$compile" {} "$suite"
