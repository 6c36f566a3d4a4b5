"""What the database itself refuses of red confirmations: a state out of order, another content."""

from __future__ import annotations

from django.db import migrations

from invoicing.choices import CONFIRMATION_TRANSITIONS
from taxhall.common import triggers

CONTENT = (
    "key", "number", "taxpayer_id", "buyer_id", "blue_id", "side", "reason", "is_used", "shares", "amount", "tax",
    "expires_at", "requested_by_id", "created_at",
)  # fmt: skip
_NEW = ", ".join(f"NEW.{name}" for name in CONTENT)
_OLD = ", ".join(f"OLD.{name}" for name in CONTENT)

FREEZE = f"""
CREATE FUNCTION invoicing_redconfirmation_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ({_NEW}) IS DISTINCT FROM ({_OLD}) OR OLD.state = 'used' AND NEW.red_id IS DISTINCT FROM OLD.red_id THEN
        RAISE EXCEPTION 'what both sides were shown never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_redconfirmation_frozen BEFORE UPDATE ON invoicing_redconfirmation
FOR EACH ROW EXECUTE FUNCTION invoicing_redconfirmation_frozen();
"""


class Migration(migrations.Migration):
    """Triggers; they hold against raw SQL and queryset.update() too."""

    dependencies = [("invoicing", "0016_add_red_confirmations")]

    operations = [
        triggers.allowed_transitions("invoicing_redconfirmation", "state", CONFIRMATION_TRANSITIONS),
        migrations.RunSQL(
            sql=FREEZE,
            reverse_sql=(
                "DROP TRIGGER invoicing_redconfirmation_frozen ON invoicing_redconfirmation;"
                " DROP FUNCTION invoicing_redconfirmation_frozen();"
            ),
        ),
    ]
