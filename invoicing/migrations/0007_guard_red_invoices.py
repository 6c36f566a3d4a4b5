"""What the database itself refuses of red invoices: more than the blue one, a blue one that is not valid."""

from __future__ import annotations

from django.db import migrations

from invoicing.choices import RED_FORM_TRANSITIONS
from taxhall.common import triggers

# The row lock on the blue invoice makes two reds of it queue up, whoever writes them.
RED_WITHIN_BLUE = """
CREATE FUNCTION invoicing_red_within_blue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE blue record; taken record;
BEGIN
    IF OLD.state <> 'draft' AND (NEW.blue_id, NEW.red_form_id, NEW.red_reason, NEW.deduction_amount)
        IS DISTINCT FROM (OLD.blue_id, OLD.red_form_id, OLD.red_reason, OLD.deduction_amount) THEN
        RAISE EXCEPTION 'what a red invoice takes back is frozen once the disk was asked'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'issued' AND NEW.state = 'voiding' AND EXISTS (
        SELECT 1 FROM invoicing_invoice WHERE blue_id = NEW.id AND state NOT IN ('draft', 'voided')
    ) THEN
        RAISE EXCEPTION 'an invoice that was taken back is not voided'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.blue_id IS NULL OR OLD.state <> 'draft' OR NEW.state = 'draft' THEN
        RETURN NEW;
    END IF;
    SELECT amount, tax, state, blue_id INTO blue FROM invoicing_invoice WHERE id = NEW.blue_id FOR UPDATE;
    SELECT COALESCE(SUM(amount), 0) AS amount, COALESCE(SUM(tax), 0) AS tax INTO taken FROM invoicing_invoice
        WHERE blue_id = NEW.blue_id AND id <> NEW.id AND state NOT IN ('draft', 'voided');
    IF blue.state <> 'issued' OR blue.blue_id IS NOT NULL
        OR blue.amount + taken.amount + NEW.amount < 0 OR blue.tax + taken.tax + NEW.tax < 0 THEN
        RAISE EXCEPTION 'a red invoice takes back no more than its blue one has'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoicing_red_within_blue
BEFORE UPDATE OF state, blue_id, red_form_id, red_reason, deduction_amount ON invoicing_invoice
FOR EACH ROW EXECUTE FUNCTION invoicing_red_within_blue();
"""


class Migration(migrations.Migration):
    """Triggers; they hold against raw SQL and queryset.update() too."""

    dependencies = [("invoicing", "0006_add_differences_and_zero_marks")]

    operations = [
        triggers.allowed_transitions("invoicing_redform", "state", RED_FORM_TRANSITIONS),
        migrations.RunSQL(
            sql=RED_WITHIN_BLUE,
            reverse_sql=(
                "DROP TRIGGER invoicing_red_within_blue ON invoicing_invoice;"
                " DROP FUNCTION invoicing_red_within_blue();"
            ),
        ),
    ]
