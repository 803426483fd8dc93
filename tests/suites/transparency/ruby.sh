#!/bin/sh
# One file or folder of Ruby's own tests, without those that Debian leaves out.
set -u
# One starts some 20,000 processes where no limit holds it (for root). The other two want an
# environment with nothing in it, and FORKCHECK_SESSION is (docs/limits.md).
without='memory_leak|test_aspawn_too_long_path|test_execopts_env$|test_execopts_unsetenv_others$'
cp -r "$BUILT/ruby3.1/test" "$BUILT/ruby3.1/tool" .
excludes="$BUILT/ruby3.1/debian/tests/excludes"
timeout -k 10 800 ruby3.1 -I tool/lib -r test/unit -r "$SOURCE/ruby.rb" test/runner.rb -v \
	--excludes-dir=test/excludes --excludes-dir="$excludes/any" \
	--excludes-dir="$excludes/$(dpkg --print-architecture)" \
	--excludes-dir="$excludes/autopkgtest" --name="!/$without/" "test/$1"
