"""SIM cards."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import TelnyxAccount
from fleet.models.groups import Group

# Data amounts are stored in MB. Whether the API's GB has 1000 or 1024 of them is not documented;
# its example of "2048.0" MB hints at 1024 (behaviour, section 1).
MB_PER_GB = 1024


class SimCardStatus(models.TextChoices):
    """The states known so far. The API may send others; they are kept and shown as they came."""

    REGISTERING = "registering", "Registering"
    ENABLING = "enabling", "Enabling"
    ENABLED = "enabled", "Enabled"
    DISABLING = "disabling", "Disabling"
    DISABLED = "disabled", "Disabled"
    DATA_LIMIT_EXCEEDED = "data_limit_exceeded", "Data limit exceeded"
    SETTING_STANDBY = "setting_standby", "Setting standby"
    STANDBY = "standby", "Standby"
    UNAUTHORIZED_IMEI = "unauthorized_imei", "Unauthorised IMEI"
    BLOCKED = "blocked", "Blocked"
    ABOLISHED = "abolished", "Abolished"


def status_label(value: str) -> str:
    """A status for people, also one that is not in the list above."""
    if value in SimCardStatus.values:
        return str(SimCardStatus(value).label)
    return value.replace("_", " ").capitalize() or "No status"


class Trigrams(Func):
    """The immutable SQL function behind the search index (first migration)."""

    function = "simfleet_trigrams"
    arity = 1
    output_field = ArrayField(models.TextField())


class SimCardQuerySet(models.QuerySet["SimCard"]):
    """Ways to find SIM cards."""

    def present(self) -> SimCardQuerySet:
        """Those that the API still has."""
        return self.filter(removed_at=None)

    def search(self, text: str) -> SimCardQuerySet:
        """Those with the text inside ICCID, IMSI, MSISDN, EID or IMEI, by the trigram index.

        `text` needs three characters or more after normalising; with fewer nothing is found.
        """
        return self.search_roughly(text).search_walking(text)

    def search_roughly(self, text: str) -> SimCardQuerySet:
        """Those with every three characters of the text, which the planner can estimate."""
        needle = normalise_identifier(text)
        if len(needle) < 3:
            return self.none()
        return self.annotate(trigrams=Trigrams(F("identifiers"))).filter(
            trigrams__contains=Trigrams(Value(needle))
        )

    def search_walking(self, text: str) -> SimCardQuerySet:
        """What `search` finds, without the index: for rows that are read anyway."""
        needle = normalise_identifier(text)
        if len(needle) < 3:
            return self.none()
        pattern = needle.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return self.filter(identifiers__like=f"%{pattern}%")


def normalise_identifier(text: str) -> str:
    """An identifier as it stands in the search column: no separators, lower case."""
    return "".join(c for c in text.lower() if c.isalnum())


@models.CharField.register_lookup
@models.TextField.register_lookup
class Like(models.Lookup):
    """LIKE without Django's UPPER or escape clause, so that the pattern stays as given."""

    lookup_name = "like"

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        """`left LIKE right`."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", [*left_params, *right_params]


def or_never(column: str) -> Coalesce:
    """A time to sort by: SIM cards without one come first, and a comparison still finds them."""
    return Coalesce(column, Value("-infinity"), output_field=models.DateTimeField())


_PRESENT = Q(removed_at=None)


class SimCard(models.Model):
    """A SIM card as the API last showed it. Only the sync writes these columns."""

    account = models.ForeignKey(
        TelnyxAccount, models.CASCADE, related_name="sim_cards", db_index=False
    )
    remote_id = models.UUIDField()
    iccid = models.TextField(default="")
    imsi = models.TextField(default="")
    msisdn = models.TextField(default="")
    eid = models.TextField(default="")
    type = models.TextField(default="")
    status = models.TextField(default="")
    status_reason = models.TextField(default="")
    # The group as the API names it, and our row for it once that was seen.
    group_remote_id = models.UUIDField(null=True)
    group = models.ForeignKey(
        Group, models.SET_NULL, null=True, related_name="sim_cards", db_index=False
    )
    tags = ArrayField(models.TextField(), default=list)
    authorized_imeis = ArrayField(models.TextField(), null=True)
    data_limit_mb = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    consumed_mb = models.DecimalField(max_digits=20, decimal_places=6, default=0)
    voice_enabled = models.BooleanField(default=False)
    actions_in_progress = models.BooleanField(default=False)
    esim_installation_status = models.TextField(default="")
    version = models.TextField(default="")
    remote_created_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    # Only the API's detail answer has these; `detail_at` says when they were true.
    imei = models.TextField(default="")
    mcc = models.TextField(default="")
    mnc = models.TextField(default="")
    ipv4 = models.TextField(default="")
    ipv6 = models.TextField(default="")
    live_data_session = models.TextField(default="")
    location = models.JSONField(null=True)
    detail_at = models.DateTimeField(null=True)
    # Before the first such answer nothing is known of them.
    details_since = models.DateTimeField(null=True)

    raw = models.JSONField()
    digest = models.BinaryField(max_length=16)
    identifiers = models.GeneratedField(
        expression=Func(
            F("iccid"), F("imsi"), F("msisdn"), F("eid"), F("imei"),
            function="simfleet_identifiers",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip
    first_seen_at = models.DateTimeField()
    # When the API gave the record that the row was last written from.
    read_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = SimCardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="sim_card_unique"),
        ]
        # A list's sort walks one of these; each one more is paid for by every row of a sync.
        indexes = [
            *(
                models.Index(
                    fields=["account", *columns, "id"], name=f"sim_card_{name}", condition=_PRESENT
                )
                for name, columns in (
                    ("iccid", ["iccid"]),
                    ("status", ["status", "iccid"]),
                    ("usage", ["consumed_mb"]),
                    # What was used goes with the status: those of one may be far apart.
                    ("status_usage", ["status", "consumed_mb"]),
                )
            ),
            *(
                models.Index(
                    "account", or_never(column), "id", name=f"sim_card_{name}", condition=_PRESENT
                )
                for name, column in (
                    ("created", "remote_created_at"),
                    ("changed", "remote_updated_at"),
                )
            ),
            models.Index(
                fields=["account"],
                name="sim_card_moving",
                condition=Q(actions_in_progress=True, removed_at=None),
            ),
            # Small, as few values are different. With a skip scan it finds every combination of
            # these, and the counts beside the filters are read from it alone.
            models.Index(
                fields=["account", "type", "voice_enabled", "status", "group"],
                name="sim_card_facets",
                condition=_PRESENT,
            ),
            # In place of the foreign key's own, so it holds removed SIM cards too.
            models.Index(fields=["group", "iccid", "id"], name="sim_card_group"),
            GinIndex(fields=["tags"], name="sim_card_tags"),
            # Entries wait in a list until a sweep's end: one by one they take ten times as long.
            GinIndex(
                Trigrams(F("identifiers")),
                name="sim_card_search",
                fastupdate=True,
                gin_pending_list_limit=65_536,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.iccid or str(self.remote_id)

    def get_absolute_url(self) -> str:
        """The SIM card's own page."""
        return reverse("sim_card", args=[self.account.slug, self.remote_id])

    @property
    def status_label(self) -> str:
        """The status for people."""
        return status_label(self.status)

    @property
    def limit_percent(self) -> float | None:
        """Consumption as a share of the card's own limit, in percent; None without a limit."""
        if not self.data_limit_mb:
            return None
        return float(self.consumed_mb / self.data_limit_mb * 100)

    @property
    def identifiers_shown(self) -> list[tuple[str, str]]:
        """The identifiers that the card has, with their names."""
        pairs = (
            ("ICCID", self.iccid),
            ("IMSI", self.imsi),
            ("MSISDN", self.msisdn),
            ("EID", self.eid),
        )
        return [(name, value) for name, value in pairs if value]
