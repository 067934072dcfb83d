"""The other synced resources."""

from django.db import migrations


class Migration(migrations.Migration):
    """Their tables."""

    dependencies = [("fleet", "0004_lists")]
    operations: list[migrations.operations.base.Operation] = []
