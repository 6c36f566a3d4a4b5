"""News of invoices is written by a trigger: in the same transaction as the change, whoever makes it and however."""

from __future__ import annotations

from django.db import migrations

# Changes of one invoice hold its row, so its events are numbered in their order. Endpoints are locked against removal
# while a delivery is written for them; a company without any costs one look. Columns are compared inside the
# function: one that is named in the trigger itself could never be altered again.
SQL = """
CREATE FUNCTION invoicing_invoice_hooks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_kind text;
    v_event bigint;
BEGIN
    IF OLD.state <> NEW.state THEN
        v_kind := CASE
            WHEN NEW.state = 'issued' AND OLD.number <> '' THEN 'invoice.void_refused'
            WHEN NEW.state = 'draft' THEN 'invoice.refused'
            ELSE 'invoice.' || NEW.state
        END;
    ELSIF OLD.red_amount <> NEW.red_amount THEN
        v_kind := 'invoice.red';
    ELSE
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM invoicing_hookendpoint WHERE taxpayer_id = NEW.taxpayer_id) THEN
        RETURN NULL;
    END IF;
    INSERT INTO invoicing_hookevent (uid, taxpayer_id, invoice_pk, kind, at, facts)
    VALUES (
        gen_random_uuid(), NEW.taxpayer_id, NEW.id, v_kind, NEW.updated_at,
        jsonb_build_object(
            'id', NEW.id, 'kind', NEW.kind, 'state', NEW.state, 'code', NEW.code, 'number', NEW.number,
            'device', (SELECT serial FROM devices_device WHERE id = NEW.device_id),
            'dated_on', NEW.dated_on, 'issued_at', NEW.issued_at, 'voided_at', NEW.voided_at,
            'seller_number', NEW.seller_number, 'buyer_number', NEW.buyer_number, 'buyer_name', NEW.buyer_name,
            'amount', NEW.amount::text, 'tax', NEW.tax::text, 'total', NEW.total::text,
            'blue', NEW.blue_id, 'red_amount', NEW.red_amount::text, 'red_tax', NEW.red_tax::text,
            'error_code', NEW.error_code, 'error_text', NEW.error_text, 'error_next_step', NEW.error_next_step
        )
    ) RETURNING id INTO v_event;
    INSERT INTO invoicing_hookdelivery (endpoint_id, event_id, invoice_pk, state, attempts, last_error)
    SELECT hook.id, v_event, NEW.id, 'waiting', 0, ''
    FROM invoicing_hookendpoint AS hook WHERE hook.taxpayer_id = NEW.taxpayer_id ORDER BY hook.id FOR KEY SHARE;
    RETURN NULL;
END $$;
CREATE TRIGGER invoicing_invoice_hooks AFTER UPDATE ON invoicing_invoice
FOR EACH ROW EXECUTE FUNCTION invoicing_invoice_hooks();
"""

UNDO = "DROP TRIGGER invoicing_invoice_hooks ON invoicing_invoice; DROP FUNCTION invoicing_invoice_hooks();"


class Migration(migrations.Migration):
    """A trigger; raw SQL and bulk writes are told too."""

    dependencies = [("invoicing", "0023_add_hooks")]

    operations = [migrations.RunSQL(sql=SQL, reverse_sql=UNDO)]
