"""Add the input side, corrections and the kind of a prepayment."""

from __future__ import annotations

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
import taxhall.common.money


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_add_taxpayer_registered_on"),
        ("filing", "0002_hold_filing_rules_in_the_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="InputTransfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("period_start", models.DateField(verbose_name="所属期")),
                (
                    "line",
                    models.CharField(
                        choices=[
                            ("14", "免税项目用"),
                            ("15", "集体福利、个人消费"),
                            ("16", "非正常损失"),
                            ("17", "简易计税方法征税项目用"),
                            ("18", "免抵退税办法不得抵扣的进项税额"),
                            ("19", "纳税检查调减进项税额"),
                            ("20", "红字专用发票信息表注明的进项税额"),
                            ("21", "上期留抵税额抵减欠税"),
                            ("22", "上期留抵税额退税"),
                            ("23a", "异常凭证转出进项税额"),
                            ("23b", "其他应作进项税额转出的情形"),
                        ],
                        max_length=3,
                        verbose_name="附列资料（二）栏次",
                    ),
                ),
                ("tax", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="转出税额")),
                ("notice_number", models.CharField(blank=True, max_length=30, verbose_name="红字信息表编号")),
                ("reason", models.CharField(max_length=200, verbose_name="转出原因")),
                ("is_cancelled", models.BooleanField(default=False, verbose_name="已撤销")),
            ],
            options={
                "verbose_name": "进项税额转出",
                "verbose_name_plural": "进项税额转出",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="InputVoucher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("special", "增值税专用发票"),
                            ("customs", "海关进口增值税专用缴款书"),
                            ("farm", "农产品收购发票或者销售发票"),
                            ("withheld", "代扣代缴税收缴款凭证"),
                            ("passenger", "旅客运输服务凭证"),
                            ("other", "通行费等其他凭证"),
                            ("resale", "外贸企业进项税额抵扣证明"),
                            ("fee", "税控设备费、技术维护费发票"),
                        ],
                        max_length=15,
                        verbose_name="凭证种类",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=12, verbose_name="代码")),
                ("number", models.CharField(max_length=30, verbose_name="号码")),
                ("dated_on", models.DateField(verbose_name="开具日期")),
                ("seller_number", models.CharField(blank=True, max_length=20, verbose_name="销方税号")),
                ("seller_name", models.CharField(max_length=100, verbose_name="销方名称")),
                ("amount", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="金额")),
                ("tax", taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name="可抵扣税额")),
                ("is_real_estate", models.BooleanField(default=False, verbose_name="用于购建不动产")),
                (
                    "check_result",
                    models.CharField(
                        choices=[("matched", "与开票记录一致"), ("unknown", "本系统无开票记录")],
                        default="unknown",
                        max_length=10,
                        verbose_name="核对",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "未勾选"), ("deducted", "抵扣勾选"), ("not_deducted", "不抵扣勾选")],
                        default="open",
                        max_length=12,
                        verbose_name="勾选状态",
                    ),
                ),
                ("period_start", models.DateField(blank=True, null=True, verbose_name="勾选所属期")),
                ("ticked_at", models.DateTimeField(blank=True, null=True, verbose_name="勾选时间")),
            ],
            options={
                "verbose_name": "进项凭证",
                "verbose_name_plural": "进项凭证",
                "ordering": ["-dated_on", "-pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="taxreturn",
            name="filing_return_one_per_period",
        ),
        migrations.RemoveConstraint(
            model_name="taxreturn",
            name="filing_return_status_known",
        ),
        migrations.AddField(
            model_name="prepayment",
            name="kind",
            field=models.CharField(
                choices=[
                    ("branch", "分支机构预征"),
                    ("construction", "建筑服务预征"),
                    ("sale", "销售不动产预征"),
                    ("lease", "出租不动产预征"),
                ],
                default="construction",
                max_length=15,
                verbose_name="预缴事项",
            ),
        ),
        migrations.AddField(
            model_name="taxreturn",
            name="correction_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="更正原因"),
        ),
        migrations.AddField(
            model_name="taxreturn",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="filing.taxreturn",
                verbose_name="更正",
            ),
        ),
        migrations.AddField(
            model_name="taxreturn",
            name="paid_before",
            field=taxhall.common.money.MoneyField(
                decimal_places=2, default=Decimal("0.00"), max_digits=18, verbose_name="更正前已缴税额"
            ),
        ),
        migrations.AlterField(
            model_name="taxreturn",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "暂存"),
                    ("submitted", "已申报"),
                    ("paid", "已缴款"),
                    ("voided", "已作废"),
                    ("corrected", "已更正"),
                ],
                default="draft",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="prepayment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["branch", "construction", "sale", "lease"])),
                name="filing_prepayment_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxreturn",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("voided", "corrected")), _negated=True),
                    models.Q(("corrects__isnull", False), ("status", "draft"), _negated=True),
                ),
                fields=("taxpayer", "form_code", "period_start", "period_end"),
                name="filing_return_one_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxreturn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "draft")), fields=("corrects",), name="filing_return_one_draft_correction"
            ),
        ),
        migrations.AddConstraint(
            model_name="taxreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("corrects__isnull", True), models.Q(("correction_reason", ""), _negated=True), _connector="OR"
                ),
                name="filing_return_correction_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "submitted", "paid", "voided", "corrected"])),
                name="filing_return_status_known",
            ),
        ),
        migrations.AddField(
            model_name="inputtransfer",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="录入人",
            ),
        ),
        migrations.AddField(
            model_name="inputtransfer",
            name="taxpayer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="input_transfers",
                to="accounts.taxpayer",
                verbose_name="纳税人",
            ),
        ),
        migrations.AddField(
            model_name="inputvoucher",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="录入人",
            ),
        ),
        migrations.AddField(
            model_name="inputvoucher",
            name="taxpayer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="input_vouchers",
                to="accounts.taxpayer",
                verbose_name="纳税人",
            ),
        ),
        migrations.AddField(
            model_name="inputtransfer",
            name="voucher",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="filing.inputvoucher",
                verbose_name="凭证",
            ),
        ),
        migrations.AddIndex(
            model_name="inputvoucher",
            index=models.Index(fields=["taxpayer", "period_start", "state"], name="filing_voucher_ticked"),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.UniqueConstraint(
                fields=("taxpayer", "code", "number"), name="filing_voucher_entered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["special", "customs", "farm", "withheld", "passenger", "other", "resale", "fee"])
                ),
                name="filing_voucher_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "deducted", "not_deducted"])),
                name="filing_voucher_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("check_result__in", ["matched", "unknown"])),
                name="filing_voucher_check_result_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("tax__gte", 0)), name="filing_voucher_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="inputvoucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("period_start__isnull", True), ("state", "open")),
                    models.Q(models.Q(("state", "open"), _negated=True), ("period_start__isnull", False)),
                    _connector="OR",
                ),
                name="filing_voucher_ticked_into_a_period",
            ),
        ),
        migrations.AddIndex(
            model_name="inputtransfer",
            index=models.Index(fields=["taxpayer", "period_start"], name="filing_transfer_period"),
        ),
        migrations.AddConstraint(
            model_name="inputtransfer",
            constraint=models.CheckConstraint(condition=models.Q(("tax__gt", 0)), name="filing_transfer_positive"),
        ),
        migrations.AddConstraint(
            model_name="inputtransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("line__in", ["14", "15", "16", "17", "18", "19", "20", "21", "22", "23a", "23b"])),
                name="filing_transfer_line_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="inputtransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("line", "20"), _negated=True),
                    models.Q(("notice_number", ""), _negated=True),
                    _connector="OR",
                ),
                name="filing_transfer_red_has_its_notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="inputtransfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("notice_number", ""), _negated=True), ("is_cancelled", False)),
                fields=("taxpayer", "notice_number"),
                name="filing_transfer_notice_once",
            ),
        ),
    ]
