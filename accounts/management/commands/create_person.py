"""Creates a person, or gives an existing one a role or a password."""

from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import AuditEntry, Membership, Person, Role, TelnyxAccount


class Command(BaseCommand):
    """Creates a person, or gives an existing one a role or a password."""

    help = "Create a person (or update one), with a role on a Telnyx account if given."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--account", help="slug of the Telnyx account")
        parser.add_argument("--role", choices=[role.name.lower() for role in Role])
        parser.add_argument(
            "--may-add-accounts", action="store_true", help="may add Telnyx accounts"
        )
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, **options: Any) -> None:
        """Create or update."""
        email = options["email"].strip().lower()
        if bool(options["account"]) != bool(options["role"]):
            raise CommandError("--account and --role go together.")
        account = None
        if options["account"]:
            account = TelnyxAccount.objects.filter(slug=options["account"]).first()
            if account is None:
                known = ", ".join(TelnyxAccount.objects.values_list("slug", flat=True)) or "none"
                raise CommandError(f"--account {options['account']}: not found (there is: {known})")
        try:
            password = input() if options["password_stdin"] else getpass("Password: ")
        except EOFError:
            raise CommandError("No password was given.") from None
        try:
            validate_email(email)
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self._store(email, password, account, options)
        self.stdout.write(f"{email} can sign in.")

    @transaction.atomic
    def _store(
        self, email: str, password: str, account: TelnyxAccount | None, options: dict[str, Any]
    ) -> None:
        person = Person.objects.filter(email__iexact=email).first() or Person(email=email)
        person.name = options["name"] or person.name
        person.is_superuser = person.is_superuser or options["may_add_accounts"]
        person.set_password(password)
        person.save()
        if account:
            role = Role[options["role"].upper()]
            Membership.objects.update_or_create(
                account=account, person=person, defaults={"role": role}
            )
        AuditEntry.objects.record(
            "person.command_line", person=None, account=account, subject=email
        )
