"""New Relic, in developer mode: a transaction is recorded in the parent, then in a child."""
import os
import sys

os.environ.update(NEW_RELIC_DEVELOPER_MODE="true", NEW_RELIC_LICENSE_KEY="0" * 40,
                  NEW_RELIC_APP_NAME="app", NEW_RELIC_LOG="newrelic.log")
import newrelic.agent

from field import run_child

newrelic.agent.initialize()


def record(name):
    application = newrelic.agent.register_application(timeout=10)
    with newrelic.agent.BackgroundTask(application, name=name):
        pass


if __name__ == "__main__":
    record("of the parent")
    sys.exit(run_child(record, "of the child"))
