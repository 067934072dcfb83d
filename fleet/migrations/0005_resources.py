"""The other synced resources."""

from __future__ import annotations

from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def _common(remote_id: models.Field[Any, Any]) -> list[tuple[str, models.Field[Any, Any]]]:
    return [
        (
            "id",
            models.BigAutoField(
                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
            ),
        ),
        (
            "account",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.telnyxaccount",
            ),
        ),
        ("remote_id", remote_id),
        ("remote_created_at", models.DateTimeField(null=True)),
        ("remote_updated_at", models.DateTimeField(null=True)),
        ("raw", models.JSONField()),
        ("digest", models.BinaryField(max_length=16)),
        ("first_seen_at", models.DateTimeField()),
        ("read_at", models.DateTimeField()),
        ("removed_at", models.DateTimeField(null=True)),
    ]


class Migration(migrations.Migration):
    """Their tables."""

    dependencies = [("fleet", "0004_lists")]
    operations = [
        migrations.CreateModel(
            name="Address",
            fields=[
                *_common(models.TextField()),
                ("first_name", models.TextField(default="")),
                ("last_name", models.TextField(default="")),
                ("business_name", models.TextField(default="")),
                ("phone_number", models.TextField(default="")),
                ("street_address", models.TextField(default="")),
                ("extended_address", models.TextField(default="")),
                ("neighborhood", models.TextField(default="")),
                ("borough", models.TextField(default="")),
                ("locality", models.TextField(default="")),
                ("administrative_area", models.TextField(default="")),
                ("postal_code", models.TextField(default="")),
                ("country_code", models.TextField(default="")),
                ("customer_reference", models.TextField(default="")),
                ("address_book", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="BillingGroup",
            fields=[
                *_common(models.UUIDField()),
                ("name", models.TextField(default="")),
                ("organization_remote_id", models.TextField(default="")),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Blocklist",
            fields=[
                *_common(models.UUIDField()),
                ("name", models.TextField(default="")),
                ("type", models.TextField(default="")),
                (
                    "values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="group",
            name="blocklist",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="groups",
                to="fleet.blocklist",
            ),
        ),
        migrations.CreateModel(
            name="BlocklistValue",
            fields=[
                *_common(models.TextField()),
                ("type", models.TextField()),
                ("code", models.TextField()),
                ("name", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="BulkAction",
            fields=[
                *_common(models.UUIDField()),
                ("action_type", models.TextField(default="")),
                ("total_count", models.IntegerField(null=True)),
                ("in_progress_count", models.IntegerField(null=True)),
                ("completed_count", models.IntegerField(null=True)),
                ("failed_count", models.IntegerField(null=True)),
                ("interrupted_count", models.IntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Gateway",
            fields=[
                *_common(models.UUIDField()),
                ("name", models.TextField(default="")),
                ("network_remote_id", models.TextField(default="")),
                ("region_code", models.TextField(default="")),
                ("ip_range", models.TextField(default="")),
                ("status", models.TextField(default="")),
                ("error_code", models.TextField(default="")),
                ("error_description", models.TextField(default="")),
                ("group_count", models.IntegerField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="group",
            name="gateway",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="groups",
                to="fleet.gateway",
            ),
        ),
        migrations.CreateModel(
            name="GroupAction",
            fields=[
                *_common(models.UUIDField()),
                ("group_remote_id", models.UUIDField(null=True)),
                ("type", models.TextField(default="")),
                ("status", models.TextField(default="")),
                (
                    "group",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="remote_actions",
                        to="fleet.group",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                *_common(models.UUIDField()),
                ("sim_card_remote_id", models.UUIDField(null=True)),
                ("threshold", models.TextField(default="")),
                ("threshold_mb", models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                (
                    "sim_card",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="fleet.simcard",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                *_common(models.UUIDField()),
                ("quantity", models.IntegerField(null=True)),
                ("status", models.TextField(default="")),
                ("cost_amount", models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ("cost_currency", models.TextField(default="")),
                ("tracking_url", models.TextField(default="")),
                ("address_remote_id", models.TextField(default="")),
                ("locality", models.TextField(default="")),
                ("country_code", models.TextField(default="")),
                (
                    "address",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="fleet.address",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OtaUpdate",
            fields=[
                *_common(models.UUIDField()),
                ("sim_card_remote_id", models.UUIDField(null=True)),
                ("type", models.TextField(default="")),
                ("status", models.TextField(default="")),
                (
                    "sim_card",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="ota_updates",
                        to="fleet.simcard",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                *_common(models.TextField()),
                ("product", models.TextField()),
                ("code", models.TextField()),
                ("name", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="SimCardAction",
            fields=[
                *_common(models.UUIDField()),
                ("sim_card_remote_id", models.UUIDField(null=True)),
                ("bulk_action_remote_id", models.UUIDField(null=True)),
                ("action_type", models.TextField(default="")),
                ("status", models.TextField(default="")),
                ("status_reason", models.TextField(default="")),
                (
                    "bulk_action",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sim_card_actions",
                        to="fleet.bulkaction",
                    ),
                ),
                (
                    "sim_card",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="remote_actions",
                        to="fleet.simcard",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoiceConnection",
            fields=[
                *_common(models.TextField()),
                ("name", models.TextField(default="")),
                ("active", models.BooleanField(default=False)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("inbound_channel_limit", models.IntegerField(null=True)),
                ("outbound_channel_limit", models.IntegerField(null=True)),
                ("outbound_voice_profile_remote_id", models.TextField(default="")),
                ("webhook_event_url", models.TextField(default="")),
                ("webhook_event_failover_url", models.TextField(default="")),
                ("webhook_api_version", models.TextField(default="")),
                ("webhook_timeout_seconds", models.IntegerField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="bulkaction",
            index=models.Index(fields=["account", "-remote_created_at"], name="bulk_action_recent"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("sim_card", None), ("sim_card_remote_id__isnull", False)),
                fields=["account", "sim_card_remote_id"],
                name="notification_unresolved",
            ),
        ),
        migrations.AddIndex(
            model_name="otaupdate",
            index=models.Index(fields=["account", "-remote_created_at"], name="ota_update_recent"),
        ),
        migrations.AddIndex(
            model_name="otaupdate",
            index=models.Index(fields=["sim_card", "-remote_created_at"], name="ota_update_card"),
        ),
        migrations.AddIndex(
            model_name="otaupdate",
            index=models.Index(
                condition=models.Q(("status", "in-progress")),
                fields=["account"],
                name="ota_update_open",
            ),
        ),
        migrations.AddIndex(
            model_name="otaupdate",
            index=models.Index(
                condition=models.Q(("sim_card", None), ("sim_card_remote_id__isnull", False)),
                fields=["account", "sim_card_remote_id"],
                name="ota_update_no_card",
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                fields=["account", "-remote_created_at"], name="sim_card_action_recent"
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                fields=["sim_card", "-remote_created_at"], name="sim_card_action_card"
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                condition=models.Q(("bulk_action__isnull", False)),
                fields=["bulk_action"],
                name="sim_card_action_bulk",
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                condition=models.Q(("status", "in-progress")),
                fields=["account"],
                name="sim_card_action_open",
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                condition=models.Q(("sim_card", None), ("sim_card_remote_id__isnull", False)),
                fields=["account", "sim_card_remote_id"],
                name="sim_card_action_no_card",
            ),
        ),
        migrations.AddIndex(
            model_name="simcardaction",
            index=models.Index(
                condition=models.Q(("bulk_action", None), ("bulk_action_remote_id__isnull", False)),
                fields=["account", "bulk_action_remote_id"],
                name="sim_card_action_no_bulk",
            ),
        ),
        *(
            migrations.AddConstraint(
                model_name=name,
                constraint=models.UniqueConstraint(
                    fields=("account", "remote_id"), name=f"{name}_unique"
                ),
            )
            for name in (
                "address",
                "billinggroup",
                "blocklist",
                "blocklistvalue",
                "bulkaction",
                "gateway",
                "groupaction",
                "notification",
                "order",
                "otaupdate",
                "region",
                "simcardaction",
                "voiceconnection",
            )
        ),
    ]
