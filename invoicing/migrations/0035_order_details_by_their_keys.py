"""Order what belongs to an invoice or a job by its key, so that reading it joins nothing to it."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0034_keep_sales_by_trigger")]

    operations = [
        migrations.AlterModelOptions(
            name="importedinvoice",
            options={
                "ordering": ["job_id", "ordinal"],
                "verbose_name": "导入的发票",
                "verbose_name_plural": "导入的发票",
            },
        ),
        migrations.AlterModelOptions(
            name="importproblem",
            options={"ordering": ["job_id", "id"], "verbose_name": "导入问题", "verbose_name_plural": "导入问题"},
        ),
        migrations.AlterModelOptions(
            name="invoiceline",
            options={
                "ordering": ["invoice_id", "position"],
                "verbose_name": "发票明细",
                "verbose_name_plural": "发票明细",
            },
        ),
        migrations.AlterModelOptions(
            name="invoiceprint",
            options={
                "ordering": ["invoice_id", "-ordinal"],
                "verbose_name": "打印记录",
                "verbose_name_plural": "打印记录",
            },
        ),
    ]
