"""confluent-kafka: librdkafka's threads deliver a message of the parent, then of a child."""
import sys

import confluent_kafka

from field import LOST, run_child

MOCK = {"test.mock.num.brokers": 1, "log_level": 0}


def produce(producer):
    producer.produce("topic", b"message")
    if producer.flush(20):
        sys.exit(LOST)


def produce_anew():
    produce(confluent_kafka.Producer(MOCK))


if __name__ == "__main__":
    producer = confluent_kafka.Producer(MOCK)
    produce(producer)
    if sys.argv[1] == "anew":
        sys.exit(run_child(produce_anew))
    sys.exit(run_child(produce, producer))
