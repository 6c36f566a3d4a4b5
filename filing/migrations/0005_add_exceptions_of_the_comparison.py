"""Add the whitelist and what the exception post handles."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
from filing.choices import EXCEPTION_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_add_taxpayer_registered_on"),
        ("filing", "0004_let_returns_be_corrected"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="comparisonresult",
            name="waived",
            field=models.CharField(blank=True, max_length=250, verbose_name="不阻断的原因"),
        ),
        migrations.CreateModel(
            name="ComparisonException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("compared_start", models.DateField(verbose_name="比对期起")),
                ("compared_end", models.DateField(verbose_name="比对期止")),
                ("differences", models.JSONField(verbose_name="不符项")),
                ("explanation", models.CharField(max_length=500, verbose_name="纳税人说明")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "处理中"), ("lifted", "已解除"), ("refused", "不予解除")],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("due_on", models.DateField(verbose_name="处理期限")),
                ("decision", models.CharField(blank=True, max_length=200, verbose_name="处理意见")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="处理时间")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="处理人",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exceptions",
                        to="filing.comparisonrun",
                        verbose_name="比对",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提交人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comparison_exceptions",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "申报异常",
                "verbose_name_plural": "申报异常",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("taxpayer", "compared_start", "compared_end"),
                        name="filing_exception_one_open_per_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "lifted", "refused"])),
                        name="filing_exception_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "open"),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("decision", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="filing_exception_decision_has_its_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="filing_exception_four_eyes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WhitelistEntry",
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
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="whitelist_entries",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "比对白名单",
                "verbose_name_plural": "比对白名单",
                "ordering": ["taxpayer", "rule_code", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("taxpayer", "rule_code", "valid_from"), name="filing_whitelist_once_per_start"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="filing_whitelist_dates_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="filing_whitelist_has_reason"
                    ),
                ],
            },
        ),
        triggers.allowed_transitions("filing_comparisonexception", "state", EXCEPTION_TRANSITIONS),
    ]
