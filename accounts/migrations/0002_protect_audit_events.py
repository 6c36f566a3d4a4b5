"""Hold the audit rows: raw SQL cannot change or remove them either."""

from __future__ import annotations

from django.db import migrations

from taxhall.common import triggers


class Migration(migrations.Migration):
    """Forbid UPDATE and DELETE on accounts_auditevent."""

    dependencies = [("accounts", "0001_create_accounts_tables")]

    operations = [triggers.append_only("accounts_auditevent")]
