"""aiokafka: a producer sends for the parent, then for a child. The broker is librdkafka's mock."""
import asyncio
import sys

import aiokafka

import server
from field import run_child


def serve():
    import confluent_kafka
    producer = confluent_kafka.Producer({"test.mock.num.brokers": 1, "log_level": 0})
    broker = producer.list_topics(timeout=10).brokers[1]
    print(broker.port, flush=True)
    sys.stdin.read()


async def new_producer(port):
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{port}")
    await producer.start()
    return producer


async def send(producer):
    await producer.send_and_wait("topic", b"message")


async def send_anew(port):
    producer = await new_producer(port)
    await send(producer)
    await producer.stop()


def work(loop, producer):
    loop.run_until_complete(send(producer))


def work_anew(port):
    asyncio.run(send_anew(port))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve())
    port = server.start([__file__, "serve"])
    loop = asyncio.new_event_loop()
    producer = loop.run_until_complete(new_producer(port))
    loop.run_until_complete(send(producer))
    if sys.argv[1] == "anew":
        status = run_child(work_anew, port)
    else:
        status = run_child(work, loop, producer)
    loop.run_until_complete(producer.stop())
    sys.exit(status)
