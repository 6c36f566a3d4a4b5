"""The sales rollup follows the invoices by the same function as the three before it."""

from __future__ import annotations

from django.db import migrations

# The whole function anew, with a fourth part; rows are written in the order of their keys, as in the others.
SQL = """
-- Nobody issues or voids between the function and the count of what is there.
LOCK TABLE invoicing_invoice IN SHARE ROW EXCLUSIVE MODE;

CREATE OR REPLACE FUNCTION invoicing_add_to_rollups(p_invoice invoicing_invoice, p_sign integer) RETURNS void
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

    INSERT INTO invoicing_salestotal AS kept
        (taxpayer_id, month, device_id, kind, rate, section, total_kind, count, amount, tax)
    SELECT p_invoice.taxpayer_id, v_month, p_invoice.device_id, p_invoice.kind, found.rate, found.section, v_kind,
           p_sign, p_sign * found.amount, p_sign * found.tax
    FROM (
        SELECT rate, left(tax_code, 1) AS section, sum(amount) AS amount, sum(tax) AS tax
        FROM invoicing_invoiceline WHERE invoice_id = p_invoice.id GROUP BY 1, 2
    ) AS found ORDER BY found.rate, found.section
    ON CONFLICT (taxpayer_id, month, device_id, kind, rate, section, total_kind) DO UPDATE SET
        count = kept.count + EXCLUDED.count, amount = kept.amount + EXCLUDED.amount, tax = kept.tax + EXCLUDED.tax;
END $$;

-- The invoices that are already there.
INSERT INTO invoicing_salestotal
    (taxpayer_id, month, device_id, kind, rate, section, total_kind, count, amount, tax)
SELECT held.taxpayer_id, date_trunc('month', held.dated_on)::date, held.device_id, held.kind, line.rate,
       left(line.tax_code, 1),
       CASE WHEN held.total < 0 THEN 'negative' ELSE 'positive' END
           || CASE WHEN held.state = 'voided' THEN '_void' ELSE '' END,
       count(DISTINCT held.id), sum(line.amount), sum(line.tax)
FROM invoicing_invoice AS held JOIN invoicing_invoiceline AS line ON line.invoice_id = held.id
WHERE held.number <> '' GROUP BY 1, 2, 3, 4, 5, 6, 7;
"""

UNDO = """
CREATE OR REPLACE FUNCTION invoicing_add_to_rollups(p_invoice invoicing_invoice, p_sign integer) RETURNS void
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
"""


class Migration(migrations.Migration):
    """A function replaced; the trigger that calls it stays."""

    dependencies = [("invoicing", "0033_add_sales_rollup")]

    operations = [migrations.RunSQL(sql=SQL, reverse_sql=UNDO)]
