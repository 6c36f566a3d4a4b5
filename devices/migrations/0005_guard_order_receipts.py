"""Receipts of orders are never changed; what a disk has done and what was acknowledged never goes back."""

from __future__ import annotations

from django.db import migrations

from taxhall.common import triggers

ONLY_FORWARD = """
CREATE OR REPLACE FUNCTION devices_device_only_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.clear_counter < OLD.clear_counter OR NEW.period_start < OLD.period_start
       OR NEW.issue_allowed_until < OLD.issue_allowed_until{more} THEN
        RAISE EXCEPTION 'devices_device: window and counters only move forward'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
COUNTERS = " OR NEW.order_counter < OLD.order_counter OR NEW.uploaded_through < OLD.uploaded_through"


class Migration(migrations.Migration):
    """Append-only receipts, counters that only grow."""

    dependencies = [("devices", "0004_add_device_orders")]

    operations = [
        triggers.append_only("devices_orderreceiptrecord"),
        migrations.RunSQL(sql=ONLY_FORWARD.format(more=COUNTERS), reverse_sql=ONLY_FORWARD.format(more="")),
    ]
