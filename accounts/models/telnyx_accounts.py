"""Telnyx accounts: one API key and base URL, with its own fleet."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.encryption import DecryptionError, decrypt, encrypt

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models.people import Person

DEFAULT_BASE_URL = "https://api.telnyx.com/v2"


def _price(default: str, meaning: str) -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(
        max_digits=10,
        decimal_places=4,
        default=Decimal(default),
        validators=[MinValueValidator(0)],
        help_text=meaning,
    )


class Connection(models.TextChoices):
    """What the last call to the API said of the connection."""

    UNCHECKED = "unchecked", "Not checked yet"
    OK = "ok", "Connected"
    REFUSED = "refused", "API key refused"
    UNREACHABLE = "unreachable", "API unreachable"


class TelnyxAccountQuerySet(models.QuerySet["TelnyxAccount"]):
    """Access to accounts is decided here and nowhere else."""

    def visible_to(self, person: Person | AnonymousUser) -> TelnyxAccountQuerySet:
        """The accounts on which the person has a role."""
        if not person.is_authenticated or not person.is_active:
            return self.none()
        return self.filter(memberships__person=person)


class TelnyxAccount(models.Model):
    """One API key and base URL, with its own fleet."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80, unique=True)
    base_url = models.URLField("API base URL", default=DEFAULT_BASE_URL)
    api_key_encrypted = models.TextField(editable=False)
    api_key_last4 = models.CharField(max_length=4, editable=False)
    # Moves with each change of key or URL, so that an answer to the old key cannot speak for
    # the new one.
    connection_version = models.PositiveIntegerField(default=1, editable=False)
    connection = models.CharField(
        max_length=12, choices=Connection, default=Connection.UNCHECKED, editable=False
    )
    connection_detail = models.TextField(blank=True, editable=False)
    connection_checked_at = models.DateTimeField(null=True, editable=False)
    requests_per_second = models.PositiveIntegerField(
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
        help_text="All processes together send no more than this to the API.",
    )
    sync_every_minutes = models.PositiveIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1_440)],
        help_text="How often the fleet is read from the API.",
    )
    calls_per_hour = models.PositiveIntegerField(
        default=20_000,
        validators=[MinValueValidator(10), MaxValueValidator(100_000_000)],
        help_text="Syncing stops for the rest of the hour when the account has made so many API "
        "calls. Operations are counted, but never held up.",
    )
    details_per_hour = models.PositiveIntegerField(
        default=600,
        validators=[MaxValueValidator(1_000_000)],
        help_text="So many SIM cards an hour are read one by one for what the list does not say: "
        "IMEI, network, location, IP addresses. 0 turns it off.",
    )
    # What SIM cards cost a month: the documented prices (behaviour, section 8) first.
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator("^[A-Z]{3}$", "Give a code as EUR.")],
    )
    monthly_active = _price("2.00", "A SIM card that is neither disabled nor in standby, a month.")
    monthly_idle = _price("0.20", "A SIM card that is disabled or in standby, a month.")
    monthly_public_ip = _price("3.00", "A public IP, a month.")
    # Who approves: a second person must, where any of these says so.
    approval_above_sim_cards = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="A second person must approve operations on more SIM cards than this. "
        "Empty: never for their number.",
    )
    approval_above_cost = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="A second person must approve operations that raise the monthly bill by more "
        "than this. Empty: never for their cost.",
    )
    approval_kinds = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="A second person must approve every operation of these kinds.",
    )
    # Whether the API has calls that switch voice for one SIM card; null until one was tried.
    voice_per_sim_card = models.BooleanField(null=True, editable=False)
    # When operations are followed again; null for at once.
    track_after = models.DateTimeField(null=True, editable=False)
    # The circuit breaker: after failures in a row nothing is swept until then.
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TelnyxAccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The overview of the account's fleet."""
        return reverse("overview", args=[self.slug])

    @property
    def api_key(self) -> str:
        """The key in plain text. Raises accounts.encryption.DecryptionError."""
        return decrypt(self.api_key_encrypted) if self.api_key_encrypted else ""

    def set_connection(self, base_url: str, api_key: str | None = None) -> bool:
        """Take over a base URL and, unless None, a key. True where either is new.

        The connection counts as unchecked then, and syncing asks again. Does not save.
        """
        changed = base_url != self.base_url or (api_key is not None and self._is_new_key(api_key))
        if changed:
            self.base_url = base_url
            if api_key is not None:
                self.api_key_encrypted, self.api_key_last4 = encrypt(api_key), api_key[-4:]
            self.connection_version += 1
            self.connection, self.connection_detail = Connection.UNCHECKED, ""
            self.connection_checked_at = None
            # Another API may have other calls.
            self.voice_per_sim_card = None
        return changed

    def _is_new_key(self, api_key: str) -> bool:
        try:
            return api_key != self.api_key
        except DecryptionError:
            # Giving the key again is the way out where ENCRYPTION_KEYS lost the old one.
            return True

    def note_connection(self, connection: Connection, detail: str = "") -> bool:
        """Record what a call with this row's key and URL said; False where they changed since."""
        fields = {
            "connection": connection,
            "connection_detail": detail,
            "connection_checked_at": timezone.now(),
        }
        updated = TelnyxAccount.objects.filter(
            pk=self.pk, connection_version=self.connection_version
        ).update(**fields)
        if updated:
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(updated)

    @property
    def may_call(self) -> bool:
        """False while the API refuses the key: nothing is asked until it is changed."""
        return self.connection != Connection.REFUSED


class ApiCalls(models.Model):
    """How many API calls an account made in an hour."""

    account = models.ForeignKey(TelnyxAccount, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    calls = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "hour"], name="api_calls_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.calls}"
