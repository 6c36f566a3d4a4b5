"""Whitelist entries and measures about rules: asked by one officer, in force by another's word."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
import taxhall.common.money
from filing.choices import MEASURE_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_hold_posts_and_emergencies"),
        ("filing", "0009_pay_late_in_part_and_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Who registered an entry asked for it; another officer has to agree to those of before as well.
        migrations.RenameField(model_name="whitelistentry", old_name="added_by", new_name="asked_by"),
        migrations.AddField(
            model_name="whitelistentry",
            name="source",
            field=models.CharField(default="登记时没有填写", max_length=200, verbose_name="依据"),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="RuleMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("rule_code", models.CharField(max_length=20, verbose_name="规则")),
                ("valid_from", models.DateField(verbose_name="有效期起")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="有效期止")),
                ("reason", models.CharField(max_length=200, verbose_name="原因")),
                ("source", models.CharField(max_length=200, verbose_name="依据")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "待第二人确认"),
                            ("agreed", "已生效"),
                            ("refused", "未同意"),
                            ("lifted", "已解除"),
                        ],
                        default="asked",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="确认时间")),
                ("decision", models.CharField(blank=True, max_length=200, verbose_name="确认意见")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="解除时间")),
                ("lift_reason", models.CharField(blank=True, max_length=200, verbose_name="解除原因")),
                (
                    "kind",
                    models.CharField(
                        choices=[("suspend", "暂停规则"), ("tolerance", "临时容差")], max_length=10, verbose_name="措施"
                    ),
                ),
                (
                    "amount",
                    taxhall.common.money.MoneyField(
                        blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="临时容差"
                    ),
                ),
            ],
            options={
                "verbose_name": "比对规则措施",
                "verbose_name_plural": "比对规则措施",
                "ordering": ["-pk"],
                "abstract": False,
            },
        ),
        migrations.AlterModelOptions(
            name="whitelistentry",
            options={"ordering": ["-pk"], "verbose_name": "比对白名单", "verbose_name_plural": "比对白名单"},
        ),
        migrations.RemoveConstraint(
            model_name="whitelistentry",
            name="filing_whitelist_once_per_start",
        ),
        migrations.RemoveConstraint(
            model_name="whitelistentry",
            name="filing_whitelist_dates_in_order",
        ),
        migrations.RemoveConstraint(
            model_name="whitelistentry",
            name="filing_whitelist_has_reason",
        ),
        migrations.AddField(
            model_name="comparisonresult",
            name="whitelist_entry",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="results",
                to="filing.whitelistentry",
                verbose_name="白名单登记",
            ),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="确认时间"),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="确认人",
            ),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="decision",
            field=models.CharField(blank=True, max_length=200, verbose_name="确认意见"),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="lift_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="解除原因"),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="lifted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="解除时间"),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="解除人",
            ),
        ),
        migrations.AddField(
            model_name="whitelistentry",
            name="state",
            field=models.CharField(
                choices=[("asked", "待第二人确认"), ("agreed", "已生效"), ("refused", "未同意"), ("lifted", "已解除")],
                default="asked",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="filing_whitelistentry_dates_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("source", ""), _negated=True)),
                name="filing_whitelistentry_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "agreed", "refused", "lifted"])),
                name="filing_whitelistentry_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "asked"),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="filing_whitelistentry_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="filing_whitelistentry_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "lifted"), _negated=True),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        models.Q(("lift_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="filing_whitelistentry_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="whitelistentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("asked", "agreed"))),
                fields=("taxpayer", "rule_code", "valid_from"),
                name="filing_whitelist_once_per_start",
            ),
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="登记人",
            ),
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="确认人",
            ),
        ),
        migrations.AddField(
            model_name="rulemeasure",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="解除人",
            ),
        ),
        migrations.AddField(
            model_name="comparisonresult",
            name="rule_measure",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="results",
                to="filing.rulemeasure",
                verbose_name="规则措施",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="filing_rulemeasure_dates_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("source", ""), _negated=True)),
                name="filing_rulemeasure_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "agreed", "refused", "lifted"])),
                name="filing_rulemeasure_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "asked"),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="filing_rulemeasure_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    _connector="OR",
                ),
                name="filing_rulemeasure_four_eyes",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "lifted"), _negated=True),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        models.Q(("lift_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="filing_rulemeasure_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("asked", "agreed"))),
                fields=("rule_code", "kind", "valid_from"),
                name="filing_measure_once_per_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["suspend", "tolerance"])), name="filing_measure_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to__isnull", False)), name="filing_measure_has_an_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulemeasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__isnull", True), ("kind", "suspend")),
                    models.Q(("amount__gte", 0), ("kind", "tolerance")),
                    _connector="OR",
                ),
                name="filing_measure_amount_fits_kind",
            ),
        ),
        triggers.allowed_transitions("filing_whitelistentry", "state", MEASURE_TRANSITIONS),
        triggers.allowed_transitions("filing_rulemeasure", "state", MEASURE_TRANSITIONS),
    ]
