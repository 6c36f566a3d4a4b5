"""What the database itself refuses: a state out of order, an edit of what the disk was asked to sign."""

from __future__ import annotations

from django.db import migrations

from invoicing.choices import TRANSITIONS
from taxhall.common import triggers

# Frozen from the moment the disk is asked.
CONTENT = (
    "taxpayer_id",
    "device_id",
    "kind",
    "seller_number",
    "seller_name",
    "seller_address",
    "seller_bank",
    "buyer_number",
    "buyer_name",
    "buyer_address",
    "buyer_bank",
    "amount",
    "tax",
    "total",
    "is_tax_inclusive",
    "remark",
    "payee",
    "reviewer",
    "drawer_id",
    "drawer_name",
    "draft_key",
    "request_id",
)
# Frozen once the disk has signed.
SIGNED = ("code", "number", "issued_at", "dated_on", "counter", "check_code", "cipher_text", "signed_message")


def _row(alias: str, columns: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"{alias}.{column}" for column in columns) + ")"


FREEZE_INVOICE = f"""
CREATE FUNCTION invoicing_invoice_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'an invoice that was sent to the disk is never removed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'draft' AND {_row("NEW", CONTENT)} IS DISTINCT FROM {_row("OLD", CONTENT)} THEN
        RAISE EXCEPTION 'the content of an invoice is frozen once the disk was asked'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.number <> '' AND {_row("NEW", SIGNED)} IS DISTINCT FROM {_row("OLD", SIGNED)} THEN
        RAISE EXCEPTION 'the number of an invoice never changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoice_frozen BEFORE UPDATE OR DELETE ON invoicing_invoice
FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_frozen();
"""

FREEZE_LINES = """
CREATE FUNCTION invoicing_invoiceline_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner_id bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN owner_id := NEW.invoice_id; ELSE owner_id := OLD.invoice_id; END IF;
    IF TG_OP = 'UPDATE' AND NEW.invoice_id <> OLD.invoice_id OR EXISTS (
        SELECT 1 FROM invoicing_invoice WHERE id = owner_id AND state <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the lines of an invoice are frozen once the disk was asked'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_invoiceline_frozen BEFORE INSERT OR UPDATE OR DELETE ON invoicing_invoiceline
FOR EACH ROW EXECUTE FUNCTION invoicing_invoiceline_frozen();
"""


class Migration(migrations.Migration):
    """Triggers; they hold against raw SQL and queryset.update() too."""

    dependencies = [("invoicing", "0001_create_invoicing_tables")]

    operations = [
        triggers.allowed_transitions("invoicing_invoice", "state", TRANSITIONS),
        migrations.RunSQL(
            sql=FREEZE_INVOICE,
            reverse_sql=(
                "DROP TRIGGER invoicing_invoice_frozen ON invoicing_invoice; DROP FUNCTION invoicing_invoice_frozen();"
            ),
        ),
        migrations.RunSQL(
            sql=FREEZE_LINES,
            reverse_sql=(
                "DROP TRIGGER invoicing_invoiceline_frozen ON invoicing_invoiceline;"
                " DROP FUNCTION invoicing_invoiceline_frozen();"
            ),
        ),
    ]
