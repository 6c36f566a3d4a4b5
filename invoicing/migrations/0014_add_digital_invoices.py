"""Add digital invoices, which have no disk, and the monthly credit they are issued within.

The three checks of invoices hold for new rows at once; the old ones are read in
0030_check_stored_invoices, without keeping anybody from issuing meanwhile.
There is no way back once a digital invoice exists: a row without a disk has no place in the table
as it was, and an issued invoice is never removed. The reverse then stops at NOT NULL and changes nothing.
"""

from decimal import Decimal

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import taxhall.common.clock
import taxhall.common.money


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_hold_posts_and_emergencies"),
        ("devices", "0008_name_the_driver_of_disks"),
        ("invoicing", "0013_tell_red_invoices_left_out"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("periodic", "定期调整（本月起每月的总额度）"),
                            ("temporary", "临时调整（只增减一个月）"),
                        ],
                        max_length=9,
                        verbose_name="调整方式",
                    ),
                ),
                ("month", models.DateField(verbose_name="月份")),
                ("amount", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="金额")),
                ("reason", models.CharField(max_length=200, verbose_name="原因")),
                ("made_at", models.DateTimeField(verbose_name="办理时间")),
            ],
            options={
                "verbose_name": "总额度调整",
                "verbose_name_plural": "总额度调整",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CreditMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="月份")),
                ("base", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="每月总额度")),
                (
                    "extra",
                    taxhall.common.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="临时调整"
                    ),
                ),
                (
                    "used",
                    taxhall.common.money.MoneyField(
                        decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="已使用"
                    ),
                ),
            ],
            options={
                "verbose_name": "月度发票总额度",
                "verbose_name_plural": "月度发票总额度",
            },
        ),
        migrations.CreateModel(
            name="InvoiceCredit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("amount", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="每月总额度")),
            ],
            options={
                "verbose_name": "发票总额度",
                "verbose_name_plural": "发票总额度",
            },
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoicing_invoice_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="invoice",
            name="invoicing_invoice_numbered_when_issued",
        ),
        migrations.AlterField(
            model_name="importjob",
            name="kind",
            field=models.CharField(
                choices=[
                    ("004", "增值税专用发票"),
                    ("007", "增值税普通发票"),
                    ("025", "增值税普通发票（卷票）"),
                    ("026", "增值税电子普通发票"),
                    ("028", "增值税电子专用发票"),
                    ("005", "机动车销售统一发票"),
                    ("31", "数电票（增值税专用发票）"),
                    ("32", "数电票（普通发票）"),
                ],
                max_length=3,
                verbose_name="票种",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="device",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="devices.device",
                verbose_name="税控设备",
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("004", "增值税专用发票"),
                    ("007", "增值税普通发票"),
                    ("025", "增值税普通发票（卷票）"),
                    ("026", "增值税电子普通发票"),
                    ("028", "增值税电子专用发票"),
                    ("005", "机动车销售统一发票"),
                    ("31", "数电票（增值税专用发票）"),
                    ("32", "数电票（普通发票）"),
                ],
                max_length=3,
                verbose_name="票种",
            ),
        ),
        migrations.AlterField(
            model_name="monthtotal",
            name="kind",
            field=models.CharField(
                choices=[
                    ("004", "增值税专用发票"),
                    ("007", "增值税普通发票"),
                    ("025", "增值税普通发票（卷票）"),
                    ("026", "增值税电子普通发票"),
                    ("028", "增值税电子专用发票"),
                    ("005", "机动车销售统一发票"),
                    ("31", "数电票（增值税专用发票）"),
                    ("32", "数电票（普通发票）"),
                ],
                max_length=3,
                verbose_name="票种",
            ),
        ),
        AddConstraintNotValid(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["004", "007", "025", "026", "028", "005", "31", "32"])),
                name="invoicing_invoice_kind_known",
            ),
        ),
        AddConstraintNotValid(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ("issued", "voiding", "voided")),
                        models.Q(("number", ""), _negated=True),
                        models.Q(("code", ""), _negated=True),
                        ("counter__isnull", False),
                        ("issued_at__isnull", False),
                    ),
                    models.Q(
                        ("code", ""),
                        ("kind__in", ["31", "32"]),
                        ("number__regex", "^\\d{20}$"),
                        ("state", "issued"),
                        ("counter__isnull", True),
                        ("issued_at__isnull", False),
                    ),
                    models.Q(
                        ("code", ""), ("issued_at__isnull", True), ("number", ""), ("state__in", ["draft", "issuing"])
                    ),
                    ("state", "in_doubt"),
                    _connector="OR",
                ),
                name="invoicing_invoice_numbered_when_issued",
            ),
        ),
        AddConstraintNotValid(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("device__isnull", True),
                        ("kind__in", ["31", "32"]),
                        ("state__in", ["draft", "issuing", "issued"]),
                    ),
                    models.Q(models.Q(("kind__in", ["31", "32"]), _negated=True), ("device__isnull", False)),
                    _connector="OR",
                ),
                name="invoicing_invoice_device_fits_kind",
            ),
        ),
        migrations.AddField(
            model_name="creditchange",
            name="made_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="办理人",
            ),
        ),
        migrations.AddField(
            model_name="creditchange",
            name="taxpayer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_changes",
                to="accounts.taxpayer",
                verbose_name="纳税人",
            ),
        ),
        migrations.AddField(
            model_name="creditmonth",
            name="taxpayer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.taxpayer",
                verbose_name="纳税人",
            ),
        ),
        migrations.AddField(
            model_name="invoicecredit",
            name="taxpayer",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoice_credit",
                to="accounts.taxpayer",
                verbose_name="纳税人",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["periodic", "temporary"])), name="invoicing_creditchange_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="invoicing_creditchange_has_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditmonth",
            constraint=models.UniqueConstraint(fields=("taxpayer", "month"), name="invoicing_creditmonth_once"),
        ),
        migrations.AddConstraint(
            model_name="creditmonth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0),
                    (
                        "used__lte",
                        django.db.models.expressions.CombinedExpression(models.F("base"), "+", models.F("extra")),
                    ),
                ),
                name="invoicing_creditmonth_within_credit",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicecredit",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="invoicing_credit_not_negative"
            ),
        ),
    ]
