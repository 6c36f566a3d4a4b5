"""Rules that only the database can hold: records are never changed, command states only move as listed."""

from __future__ import annotations

from django.db import migrations

from devices.choices import COMMAND_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    """Append-only records and the transitions of commands."""

    dependencies = [("devices", "0001_create_devices_tables")]

    operations = [
        triggers.append_only("devices_devicereading"),
        triggers.append_only("devices_devicereport"),
        triggers.append_only("devices_clearreceiptrecord"),
        triggers.allowed_transitions("devices_devicecommand", "state", COMMAND_TRANSITIONS),
        migrations.RunSQL(
            # The lock date and the clear counter of a disk never go back (trust.md I8).
            sql="""
            CREATE FUNCTION devices_device_only_forward() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.clear_counter < OLD.clear_counter OR NEW.period_start < OLD.period_start
                   OR NEW.issue_allowed_until < OLD.issue_allowed_until THEN
                    RAISE EXCEPTION 'devices_device: window and counters only move forward'
                        USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER devices_device_only_forward BEFORE UPDATE ON devices_device
            FOR EACH ROW EXECUTE FUNCTION devices_device_only_forward();
            """,
            reverse_sql="DROP TRIGGER devices_device_only_forward ON devices_device;"
            " DROP FUNCTION devices_device_only_forward();",
        ),
    ]
