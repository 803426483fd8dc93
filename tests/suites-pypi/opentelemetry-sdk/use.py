"""OpenTelemetry: spans are exported by BatchSpanProcessor's thread, of the parent, then a child."""
import sys
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from field import LOST, run_child


class Exporter(SpanExporter):
    def export(self, spans):
        with open("spans", "a") as file:
            file.writelines(span.name + "\n" for span in spans)
        return SpanExportResult.SUCCESS


provider = TracerProvider()


def trace(name):
    with provider.get_tracer("tracer").start_as_current_span(name):
        pass
    provider.force_flush()


if __name__ == "__main__":
    provider.add_span_processor(BatchSpanProcessor(Exporter(), schedule_delay_millis=100))
    trace("of the parent")
    status = run_child(trace, "of the child")
    sys.exit(status or (0 if "of the child" in Path("spans").read_text() else LOST))
