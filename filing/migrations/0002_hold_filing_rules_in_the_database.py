"""Triggers: records of law never change, states move only along their table, filed cells are frozen."""

from __future__ import annotations

from django.db import migrations

from filing.choices import PAYMENT_TRANSITIONS, RETURN_TRANSITIONS
from taxhall.common import triggers

_FREEZE_LINES = """
CREATE FUNCTION filing_returnline_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent bigint := COALESCE(NEW.tax_return_id, OLD.tax_return_id);
BEGIN
    IF (SELECT status FROM filing_taxreturn WHERE id = parent) <> 'draft' THEN
        RAISE EXCEPTION 'the cells of a filed return never change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER filing_returnline_frozen BEFORE INSERT OR UPDATE OR DELETE ON filing_returnline
FOR EACH ROW EXECUTE FUNCTION filing_returnline_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("filing", "0001_create_filing_tables")]

    operations = [
        triggers.append_only("filing_returnreceipt"),
        triggers.append_only("filing_paymentanswer"),
        triggers.append_only("filing_comparisonrun"),
        triggers.append_only("filing_comparisonresult"),
        triggers.allowed_transitions("filing_taxreturn", "status", RETURN_TRANSITIONS),
        triggers.allowed_transitions("filing_payment", "state", PAYMENT_TRANSITIONS),
        migrations.RunSQL(
            sql=_FREEZE_LINES,
            reverse_sql="DROP TRIGGER filing_returnline_frozen ON filing_returnline; "
            "DROP FUNCTION filing_returnline_frozen();",
        ),
    ]
