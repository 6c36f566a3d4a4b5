"""A verified receipt ends a case that was told as refused: the disk is the truth, whoever carried its answer."""

from __future__ import annotations

from django.db import migrations

from taxhall.common import triggers

# Frozen copy of workflow.status_pairs() from before.
PAIRS_BEFORE = [
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
# Frozen copy of workflow.status_pairs(); a test fails when the two differ.
PAIRS = sorted([*PAIRS_BEFORE, ("refused", "cleared")])

_BEFORE = triggers.allowed_transitions("clearcard_clearcardcase", "status", PAIRS_BEFORE)
_NOW = triggers.allowed_transitions("clearcard_clearcardcase", "status", PAIRS)


class Migration(migrations.Migration):
    """One more way in the trigger."""

    dependencies = [("clearcard", "0007_let_applications_hand_themselves_in")]

    operations = [
        migrations.RunSQL(sql=_BEFORE.reverse_sql, reverse_sql=_BEFORE.sql),
        migrations.RunSQL(sql=_NOW.sql, reverse_sql=_NOW.reverse_sql),
    ]
