"""An invoice in doubt that was never signed is a draft again at once: the trigger that holds the moves is made anew."""

from __future__ import annotations

from django.db import migrations

from invoicing.choices import TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    """Before, it went through 开具中, which was told to companies' own systems and was not true."""

    dependencies = [("invoicing", "0024_tell_hooks_by_trigger")]

    operations = triggers.renewed_transitions("invoicing_invoice", "state", TRANSITIONS)
