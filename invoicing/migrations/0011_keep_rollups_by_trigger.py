"""The rollups follow the invoices by trigger: in the same transaction, whoever writes and however."""

from __future__ import annotations

from django.db import migrations

# Adds one invoice to the three rollups, or takes it away again (p_sign -1). Rows are written in the order of their
# keys, so that two transactions of one disk can only wait for each other, never in a circle.
# Only number and state can change where an invoice counts (its content is frozen). They are compared inside the
# function: a column named in the trigger itself could never be altered again.
SQL = """
CREATE FUNCTION invoicing_add_to_rollups(p_invoice invoicing_invoice, p_sign integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_month date := date_trunc('month', p_invoice.dated_on)::date;
    v_kind text := CASE WHEN p_invoice.total < 0 THEN 'negative' ELSE 'positive' END
                || CASE WHEN p_invoice.state = 'voided' THEN '_void' ELSE '' END;
BEGIN
    INSERT INTO invoicing_monthtotal AS kept
        (taxpayer_id, month, device_id, kind, rate, total_kind, count, amount, tax)
    SELECT p_invoice.taxpayer_id, v_month, p_invoice.device_id, p_invoice.kind, found.rate, v_kind,
           p_sign, p_sign * found.amount, p_sign * found.tax
    FROM (
        SELECT '' AS rate, p_invoice.amount AS amount, p_invoice.tax AS tax
        UNION ALL
        SELECT rate, sum(amount), sum(tax) FROM invoicing_invoiceline WHERE invoice_id = p_invoice.id GROUP BY rate
    ) AS found ORDER BY found.rate
    ON CONFLICT (taxpayer_id, month, device_id, kind, rate, total_kind) DO UPDATE SET
        count = kept.count + EXCLUDED.count, amount = kept.amount + EXCLUDED.amount, tax = kept.tax + EXCLUDED.tax;

    INSERT INTO invoicing_customertotal AS kept
        (taxpayer_id, month, device_id, buyer_number, buyer_name, total_kind, count, amount, tax)
    VALUES (p_invoice.taxpayer_id, v_month, p_invoice.device_id, p_invoice.buyer_number, p_invoice.buyer_name, v_kind,
            p_sign, p_sign * p_invoice.amount, p_sign * p_invoice.tax)
    ON CONFLICT (taxpayer_id, month, device_id, buyer_number, buyer_name, total_kind) DO UPDATE SET
        count = kept.count + EXCLUDED.count, amount = kept.amount + EXCLUDED.amount, tax = kept.tax + EXCLUDED.tax;

    INSERT INTO invoicing_goodstotal AS kept
        (taxpayer_id, month, device_id, tax_code, name, total_kind, count, amount, tax)
    SELECT p_invoice.taxpayer_id, v_month, p_invoice.device_id, tax_code, name, v_kind,
           p_sign, p_sign * sum(amount), p_sign * sum(tax)
    FROM invoicing_invoiceline WHERE invoice_id = p_invoice.id GROUP BY tax_code, name ORDER BY tax_code, name
    ON CONFLICT (taxpayer_id, month, device_id, tax_code, name, total_kind) DO UPDATE SET
        count = kept.count + EXCLUDED.count, amount = kept.amount + EXCLUDED.amount, tax = kept.tax + EXCLUDED.tax;
END $$;

CREATE FUNCTION invoicing_invoice_rollups() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.number = NEW.number AND (OLD.state = 'voided') = (NEW.state = 'voided') THEN
            RETURN NULL;
        END IF;
        IF OLD.number <> '' THEN
            PERFORM invoicing_add_to_rollups(OLD, -1);
        END IF;
    END IF;
    IF NEW.number <> '' THEN
        PERFORM invoicing_add_to_rollups(NEW, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER invoicing_invoice_rollups AFTER INSERT OR UPDATE ON invoicing_invoice
FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_rollups();

-- The invoices that are already there.
SELECT invoicing_add_to_rollups(held, 1) FROM invoicing_invoice AS held WHERE held.number <> '';
"""

UNDO = """
DROP TRIGGER invoicing_invoice_rollups ON invoicing_invoice;
DROP FUNCTION invoicing_invoice_rollups();
DROP FUNCTION invoicing_add_to_rollups(invoicing_invoice, integer);
"""


class Migration(migrations.Migration):
    """A trigger; raw SQL and bulk writes are counted too."""

    dependencies = [("invoicing", "0010_keep_rollups_and_prints")]

    operations = [migrations.RunSQL(sql=SQL, reverse_sql=UNDO)]
