"""Gunicorn's defaults for Simfleet; options on its command line win."""

import os

# Once, before the workers are forked: they start sooner, share memory, and a broken setting ends
# Gunicorn with one line instead of a loop of workers that cannot start.
preload_app = True
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
control_socket_disable = True
