#!/bin/sh
# The JVM has some twenty threads when it forks.
set -eu
for mechanism in POSIX_SPAWN VFORK FORK; do
	java -Xmx64m -Djdk.lang.Process.launchMechanism=$mechanism -cp . Launch $mechanism
done
