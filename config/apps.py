"""Binds the Celery application in every process that runs Django."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring as an app, so that it is told when Django is ready."""

    name = "config"

    def ready(self) -> None:
        """Make tasks that a page or a command enqueues go to our broker."""
        import config.celery  # noqa: F401
