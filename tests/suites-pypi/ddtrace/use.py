"""ddtrace: spans are sent by its writer thread in the parent, then in a child."""
import os
import sys

import server
from field import LOST, run_child

os.environ.update(DD_TRACE_AGENT_URL=f"http://127.0.0.1:{server.start()}",
                  DD_INSTRUMENTATION_TELEMETRY_ENABLED="false")
from ddtrace.trace import tracer


def trace(name):
    with tracer.trace(name):
        pass
    tracer.flush()


if __name__ == "__main__":
    trace("of.the.parent")
    status = run_child(trace, "of.the.child")
    sys.exit(status or (0 if server.has_got("of.the.child") else LOST))
