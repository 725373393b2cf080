"""The settings of the other floor, with this one's tables and addresses."""

from bench.floor.settings import *  # noqa: F403 - the same floor

ROOT_URLCONF = "bench.queue_floor.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "bench.queue_floor"]  # noqa: F405 - from there
