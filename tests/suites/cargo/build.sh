#!/bin/sh
# A crate below it has a build script, which cargo compiles and runs.
set -eu
SOURCE=$SUITES/rust-mutex "$SUITES/cargo-build" mutex-fork
test -x mutex-fork && echo built
