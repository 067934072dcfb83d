"""What lists over a million rows need."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.db import migrations, models

PRESENT = models.Q(("removed_at", None))


class Migration(migrations.Migration):
    """Indexes and counts."""

    dependencies = [("fleet", "0003_history")]
    operations = [
        migrations.CreateModel(
            name="FleetCounts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("total", models.BigIntegerField(default=0)),
                ("by_status", models.JSONField(default=dict)),
                ("by_group", models.JSONField(default=dict)),
                ("by_type", models.JSONField(default=dict)),
                ("by_voice", models.JSONField(default=dict)),
                ("by_tag", models.JSONField(default=dict)),
                ("without_group", models.BigIntegerField(default=0)),
                ("counted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("duration", models.DurationField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fleet_counts",
                        to="accounts.telnyxaccount",
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex(model_name="simcard", name="sim_card_status"),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(
                fields=["account", "status", "iccid", "id"],
                condition=PRESENT,
                name="sim_card_status",
            ),
        ),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(
                fields=["account", "status", "consumed_mb", "id"],
                condition=PRESENT,
                name="sim_card_status_usage",
            ),
        ),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(
                models.F("account"),
                django.db.models.functions.comparison.Coalesce(
                    "remote_updated_at",
                    models.Value("-infinity"),
                    output_field=models.DateTimeField(),
                ),
                models.F("id"),
                condition=PRESENT,
                name="sim_card_changed",
            ),
        ),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(
                fields=["account", "type", "voice_enabled", "status", "group"],
                condition=PRESENT,
                name="sim_card_facets",
            ),
        ),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(fields=["group", "iccid", "id"], name="sim_card_group"),
        ),
        migrations.AlterField(
            model_name="simcard",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sim_cards",
                to="fleet.group",
            ),
        ),
    ]
