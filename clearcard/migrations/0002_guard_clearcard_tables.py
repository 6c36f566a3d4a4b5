"""What Python cannot hold: allowed transitions, append-only history, and the application number."""

from __future__ import annotations

from django.db import migrations

from taxhall.common import triggers

# Frozen copy of workflow.status_pairs(); a test fails when the two differ.
PAIRS = [
    ("approved", "commanded"),
    ("approved", "reviewing"),
    ("commanded", "reviewing"),
    ("commanded", "sending"),
    ("draft", "submitted"),
    ("draft", "withdrawn"),
    ("in_doubt", "cleared"),
    ("in_doubt", "commanded"),
    ("in_doubt", "manual"),
    ("manual", "cleared"),
    ("manual", "commanded"),
    ("refused", "commanded"),
    ("returned", "submitted"),
    ("returned", "withdrawn"),
    ("reviewing", "approved"),
    ("reviewing", "rejected"),
    ("reviewing", "returned"),
    ("reviewing", "withdrawn"),
    ("sending", "cleared"),
    ("sending", "in_doubt"),
    ("sending", "refused"),
    ("submitted", "reviewing"),
    ("submitted", "withdrawn"),
]


class Migration(migrations.Migration):
    """Triggers and the number sequence."""

    dependencies = [("clearcard", "0001_create_clearcard_tables")]

    operations = [
        triggers.allowed_transitions("clearcard_clearcardcase", "status", PAIRS),
        triggers.append_only("clearcard_casetransition"),
        triggers.append_only("clearcard_casesubmission"),
        triggers.append_only("clearcard_reviewresult"),
        triggers.append_only("clearcard_casenote"),
        triggers.append_only("clearcard_certificate"),
        migrations.RunSQL("CREATE SEQUENCE clearcard_case_number", reverse_sql="DROP SEQUENCE clearcard_case_number"),
    ]
