"""SIM cards, groups, sync, operations."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    """The fleet app."""

    name = "fleet"
