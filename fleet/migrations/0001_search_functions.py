"""The functions behind the search index.

The embedded PostgreSQL has no pg_trgm. An array of trigrams in a GIN index, with LIKE as the
recheck, is as fast. Both functions are immutable, so that a generated column and an index may
use them.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION simfleet_identifiers(
    iccid text, imsi text, msisdn text, eid text, imei text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(translate(
        iccid || ' ' || imsi || ' ' || msisdn || ' ' || eid || ' ' || imei, '+-.()/', ''))
$$;
CREATE FUNCTION simfleet_trigrams(identifiers text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT substr(identifiers, i, 3) FROM generate_series(1, length(identifiers) - 2) AS i)
$$;
"""
BACKWARD = "DROP FUNCTION simfleet_trigrams; DROP FUNCTION simfleet_identifiers;"


class Migration(migrations.Migration):
    """Creates the functions."""

    dependencies = []
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
