"""try.py LIBRARY unsafe|cured: what the advice of forkcheck for a library says, tried.

"unsafe": the parent uses the library, then a child of multiprocessing with "fork" does.
"cured": the same with the advice of cli/findings/cures/library_advice.c followed. The run
ends with 0 where the child has done its work. A venv has the library; the environment:
PYTHONPATH=tests/suites-pypi/common SUITES=tests/suites. docs/cures.md has what came of it.
"""
import os
import sys
import time
from pathlib import Path

LIBRARY, HOW = (sys.argv[1:] + ["cured"])[:2]  # a child of "spawn" has but one
CURED = HOW == "cured"
sys.argv[1:] = [HOW]  # as field.py reads it: both fork
ENVIRONMENT = {
    "grpcio": {"GRPC_ENABLE_FORK_SUPPORT": "1", "GRPC_POLL_STRATEGY": "poll"},
    "numba": {"NUMBA_THREADING_LAYER": "workqueue"},
    "tokenizers": {"TOKENIZERS_PARALLELISM": "false"},
    "openmp": {"OMP_NUM_THREADS": "1"},
}
os.environ.update({"NUMBA_THREADING_LAYER": "omp"} if LIBRARY == "numba" else {})
os.environ.update(ENVIRONMENT.get(LIBRARY, {}) if CURED else {})

import server
from field import LOST, run_child


def launchdarkly():
    import ldclient
    import logging
    logging.disable()
    uris = ("base_uri", "events_uri", "stream_uri")
    config = ldclient.Config("key", **dict.fromkeys(uris, f"http://127.0.0.1:{server.start()}"))
    client = ldclient.LDClient(config, start_wait=1)
    context = ldclient.Context.create("somebody")
    client.track("of the parent", context)
    client.flush()

    def track():
        if CURED:
            client.postfork(start_wait=1)
        client.track("of the child", context)
        client.flush()
        client.close()
    status = run_child(track)
    return status or (0 if server.has_got("of the child") else LOST)


def grpcio():
    import subprocess
    os.environ["GRPC_VERBOSITY"] = "NONE"
    import grpc
    use = Path(__file__).parent.parent / "grpcio" / "use.py"
    echo = subprocess.Popen([sys.executable, use, "serve"], text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)
    channel = grpc.insecure_channel(f"127.0.0.1:{int(echo.stdout.readline())}")

    def call():
        channel.unary_unary("/echo/Echo")(b"hello", timeout=10)
    call()
    status = run_child(call)
    echo.communicate()
    return status


def sentry_sdk():
    import sentry_sdk
    port = server.start()

    def init():
        sentry_sdk.init(dsn=f"http://key@127.0.0.1:{port}/1")

    def tell(text):
        if CURED and text == "of the child":
            init()
        sentry_sdk.capture_message(text)
        sentry_sdk.flush(timeout=3)
    init()
    tell("of the parent")
    status = run_child(tell, "of the child")
    return status or (0 if server.has_got("of the child") else LOST)


def opentelemetry():
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Exporter(SpanExporter):
        def export(self, spans):
            with open("spans", "a") as file:
                file.writelines(span.name + "\n" for span in spans)
            return SpanExportResult.SUCCESS

    def new_provider():
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(Exporter()))
        return provider
    provider = new_provider()

    def trace(name):
        own = new_provider() if CURED and name == "of the child" else provider
        with own.get_tracer("tracer").start_as_current_span(name):
            pass
        own.force_flush()
    trace("of the parent")
    status = run_child(trace, "of the child")
    return status or (0 if "of the child" in Path("spans").read_text() else LOST)


def client_of(make, use):
    """A client that threads belong to: made anew in the child."""
    client = make()
    use(client, "of the parent")

    def in_child():
        use(make() if CURED else client, "of the child")
    status = run_child(in_child)
    return status or (0 if server.has_got("of the child") else LOST)


def posthog():
    import posthog
    host = f"http://127.0.0.1:{server.start()}"

    def tell(client, event):
        client.capture(event, distinct_id="somebody")
        client.flush()
    return client_of(lambda: posthog.Posthog("key", host=host), tell)


def segment():
    import analytics
    host = f"http://127.0.0.1:{server.start()}"

    def tell(client, event):
        client.track("somebody", event)
        client.flush()
    return client_of(lambda: analytics.Client("key", host=host), tell)


def pymongo():
    import pymongo
    from pymongo.errors import ServerSelectionTimeoutError

    def make():
        return pymongo.MongoClient("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=500)

    def fail(client):
        try:
            client.server_info()
        except ServerSelectionTimeoutError:
            return
        sys.exit(1)
    client = make()
    fail(client)
    return run_child(lambda: fail(make() if CURED else client))


def confluent_kafka():
    import confluent_kafka

    def make():
        return confluent_kafka.Producer({"test.mock.num.brokers": 1, "log_level": 0})

    def produce(producer):
        producer.produce("topic", b"message")
        if producer.flush(20):
            sys.exit(LOST)
    producer = make()
    produce(producer)
    return run_child(lambda: produce(make() if CURED else producer))


def pulsar():
    import pulsar

    def make():
        return pulsar.Client("pulsar://127.0.0.1:1", operation_timeout_seconds=2,
                             logger=pulsar.ConsoleLogger(pulsar.LoggerLevel.Error))

    def fail(client):
        try:
            client.create_producer("topic")
        except pulsar.PulsarException:
            return
        sys.exit(1)
    client = make()
    fail(client)
    return run_child(lambda: fail(make() if CURED else client))


def polars():
    import polars
    polars.DataFrame({"a": range(100000)}).write_parquet("numbers.parquet")
    if CURED:
        sys.argv[1] = "spawn"
    frame = polars.read_parquet("numbers.parquet")
    frame.filter(polars.col("a") > 0)
    return run_child(count_frame, "numbers.parquet")


def count_frame(path):
    import polars
    sys.exit(0 if polars.read_parquet(path).filter(polars.col("a") > 0).height else 1)


def numba():
    import numba
    import numpy

    @numba.njit(parallel=True)
    def total(numbers):
        result = 0.0
        for i in numba.prange(len(numbers)):
            result += numbers[i]
        return result
    numba.set_num_threads(2)
    total(numpy.ones(1000000))
    return run_child(total, numpy.ones(1000000))


def lightgbm():
    import lightgbm
    import numpy

    def train():
        rows = numpy.random.RandomState(1).rand(5000, 10)
        data = lightgbm.Dataset(rows, label=rows[:, 0] > 0.5,
                                params={"num_threads": 1 if CURED else 4, "verbose": -1})
        lightgbm.train({"objective": "binary", "verbose": -1,
                        "num_threads": 1 if CURED else 4}, data, 10)
    train()
    return run_child(train)


def openmp():
    """scikit-learn, whose own loops are OpenMP's."""
    import numpy
    from sklearn.ensemble import HistGradientBoostingClassifier
    rows = numpy.random.RandomState(1).rand(5000, 10)

    def train():
        HistGradientBoostingClassifier(max_iter=5).fit(rows, rows[:, 0] > 0.5)
    train()
    return run_child(train)


def scikit_learn():
    import numpy
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits
    rows = numpy.random.RandomState(1).rand(5000, 10)

    def train():
        HistGradientBoostingClassifier(max_iter=5).fit(rows, rows[:, 0] > 0.5)
    train()

    def in_child():
        with threadpool_limits(1 if CURED else None):
            train()
    return run_child(in_child)


def gevent():
    import gevent
    gevent.get_hub().threadpool.apply(sum, ([1, 2, 3],))

    def work():
        if CURED:
            gevent.reinit()
        gevent.get_hub().threadpool.apply(sum, ([1, 2, 3],))
    return run_child(work)


def eventlet():
    from eventlet import tpool
    tpool.execute(sum, [1, 2, 3])
    if CURED:
        tpool.killall()
    return run_child(tpool.execute, sum, [1, 2, 3])


def uvloop():
    import asyncio
    import uvloop

    async def work():
        await asyncio.get_running_loop().run_in_executor(None, sum, [1, 2, 3])
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    loop = uvloop.new_event_loop()
    loop.run_until_complete(work())

    def in_child():
        own = uvloop.new_event_loop() if CURED else loop
        own.run_until_complete(work())
    return run_child(in_child)


def dask():
    import dask.array
    array = dask.array.ones((1000, 1000), chunks=(100, 100)).sum()
    array.compute()

    def total():
        with dask.config.set(scheduler="synchronous" if CURED else "threads"):
            array.compute()
    return run_child(total)


def tokenizers():
    import tokenizers
    words = [f"word{number}" for number in range(1000)]
    model = tokenizers.models.WordLevel({word: i for i, word in enumerate(words)},
                                        unk_token="word0")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    texts = [" ".join(words)] * 100
    tokenizer.encode_batch(texts)
    return run_child(tokenizer.encode_batch, texts)


if __name__ == "__main__":
    started = time.monotonic()
    status = globals()[LIBRARY.replace("-", "_")]()
    print(f"{LIBRARY} {HOW}: {status}, {time.monotonic() - started:.1f} s")
    sys.exit(status)
