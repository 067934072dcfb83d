"""The Celery application and the beat table."""

import sys
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.environment import explain_and_exit, prepare


def broker_url(redis_url: str) -> str:
    """Celery writes a Redis behind a Unix socket in its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


prepare()
try:
    _broker = broker_url(settings.REDIS_URL)
except ImproperlyConfigured as _error:
    explain_and_exit(_error)
    sys.exit(1)

app = Celery("simfleet", broker=_broker)
app.conf.update(
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # A page that enqueues a hint must not wait for a broker that is away.
    broker_transport_options={"socket_connect_timeout": 2, "socket_timeout": 5},
    task_publish_retry=False,
    task_default_queue="operations",
    task_routes={"fleet.sync_*": {"queue": "sync"}},
    # The database's rows are the queue. These ticks find what is due, so a broker that lost
    # everything costs seconds; a tick that waited longer than its period is dropped.
    beat_schedule={
        "operations": {
            "task": "fleet.resume_operations",
            "schedule": 2.0,
            "options": {"expires": 4},
        },
        "sync": {"task": "fleet.start_due_syncs", "schedule": 5.0, "options": {"expires": 5}},
        "history": {
            "task": "fleet.keep_history",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
    },
)
app.autodiscover_tasks(["fleet"])
