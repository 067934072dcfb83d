"""Sets up the demo's Telnyx account and people; leaves what exists as it is."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import demo
from accounts.models import Membership, Person, TelnyxAccount


class Command(BaseCommand):
    """Sets up the demo's Telnyx account and people."""

    help = "Set up the demo's Telnyx account and people (the API key comes from TELNYX_API_KEY)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--name", required=True)

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        """Create or update."""
        if not settings.DEMO:
            raise CommandError("This is for `make demo` only: SIMFLEET_DEMO is not set.")
        account = TelnyxAccount.objects.filter(slug=demo.ACCOUNT).first()
        account = account or TelnyxAccount(slug=demo.ACCOUNT, sync_every_minutes=1)
        account.name = options["name"]
        account.set_connection(options["base_url"], os.environ["TELNYX_API_KEY"])
        account.save()
        for email, name, role in demo.PEOPLE:
            person = Person.objects.filter(email=email).first()
            if person is None:
                person = Person.objects.create_user(email, demo.PASSWORD, name=name)
            Membership.objects.get_or_create(
                account=account, person=person, defaults={"role": role}
            )
        Person.objects.filter(email=demo.PEOPLE[0][0]).update(is_superuser=True)
