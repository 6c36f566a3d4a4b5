"""Who printed what and when, and how far each person's printer is off."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
from taxhall.common import triggers


class Migration(migrations.Migration):
    """Tables, and a trigger that keeps what is written."""

    dependencies = [
        ("invoicing", "0020_freeze_vehicles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="exportjob",
            name="format",
            field=models.CharField(
                choices=[
                    ("xlsx", "发票明细（Excel，可再导入）"),
                    ("csv", "发票明细（CSV，可再导入）"),
                    ("ledger", "全量发票台账（Excel，27 列）"),
                    ("xml", "电子发票 XML（EInvoice，压缩包）"),
                    ("print", "发票打印件（PDF）"),
                ],
                max_length=10,
                verbose_name="格式",
            ),
        ),
        migrations.CreateModel(
            name="InvoicePrint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField(verbose_name="第几次")),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("whole", "整张票面（白纸、电子发票）"),
                            ("overprint", "套打（只打内容，装入空白纸质发票）"),
                        ],
                        max_length=10,
                        verbose_name="打印方式",
                    ),
                ),
                ("printed_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="打印时间")),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prints",
                        to="invoicing.invoice",
                    ),
                ),
                (
                    "printed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="打印人",
                    ),
                ),
            ],
            options={
                "verbose_name": "打印记录",
                "verbose_name_plural": "打印记录",
                "ordering": ["invoice", "-ordinal"],
                "constraints": [
                    models.UniqueConstraint(fields=("invoice", "ordinal"), name="invoicing_print_ordinal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ordinal__gt", 0)), name="invoicing_print_ordinal_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["", "whole", "overprint"])), name="invoicing_print_mode_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrinterNudge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("right", models.SmallIntegerField(default=0, verbose_name="向右")),
                ("down", models.SmallIntegerField(default=0, verbose_name="向下")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="printer_nudge",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "打印位置微调",
                "verbose_name_plural": "打印位置微调",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("down__range", (-200, 200)), ("right__range", (-200, 200))),
                        name="invoicing_nudge_within_reach",
                    )
                ],
            },
        ),
        triggers.append_only("invoicing_invoiceprint"),
    ]
