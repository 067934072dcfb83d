"""Public IPs, and what the rotation of details needs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_budget"),
        ("fleet", "0005_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicIp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ip", models.TextField(default="")),
                ("type", models.TextField(default="")),
                ("region_code", models.TextField(default="")),
                ("raw", models.JSONField(default=dict)),
                ("read_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="syncschedule",
            name="cursor",
            field=models.TextField(default=""),
        ),
        migrations.AddIndex(
            model_name="simcard",
            index=models.Index(
                condition=models.Q(("actions_in_progress", True), ("removed_at", None)),
                fields=["account"],
                name="sim_card_moving",
            ),
        ),
        migrations.AddField(
            model_name="publicip",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.telnyxaccount",
            ),
        ),
        migrations.AddField(
            model_name="publicip",
            name="sim_card",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="public_ip",
                to="fleet.simcard",
            ),
        ),
        migrations.AddIndex(
            model_name="publicip",
            index=models.Index(fields=["account", "read_at"], name="public_ip_read"),
        ),
    ]
