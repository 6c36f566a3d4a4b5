"""Read the stored invoices for the checks that 0014 added; nobody is kept from issuing meanwhile."""

from __future__ import annotations

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0029_undo_imports_as_jobs")]

    operations = [
        ValidateConstraint(model_name="invoice", name="invoicing_invoice_kind_known"),
        ValidateConstraint(model_name="invoice", name="invoicing_invoice_numbered_when_issued"),
        ValidateConstraint(model_name="invoice", name="invoicing_invoice_device_fits_kind"),
    ]
