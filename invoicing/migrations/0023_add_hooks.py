"""Where companies have the news of their invoices sent, the news, and what was delivered."""

from __future__ import annotations

import uuid

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock


class Migration(migrations.Migration):
    """Tables."""

    dependencies = [
        ("accounts", "0004_hold_posts_and_emergencies"),
        ("invoicing", "0022_keep_invoice_requests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("url", models.CharField(max_length=500, verbose_name="接收地址")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "启用"), ("paused", "已暂停"), ("stopped", "停发")],
                        default="active",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("secret", models.TextField(editable=False)),
                ("former_secret", models.TextField(blank=True, editable=False)),
                ("former_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "secret_changed_at",
                    models.DateTimeField(default=taxhall.common.clock.now, verbose_name="密钥生成时间"),
                ),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="停发时间")),
                ("resting_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("lease_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("leased_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hooks",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "接口推送地址",
                "verbose_name_plural": "接口推送地址",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="HookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("invoice_pk", models.BigIntegerField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice.issuing", "已交给设备签发"),
                            ("invoice.issued", "已开具"),
                            ("invoice.refused", "没有开具，退回草稿"),
                            ("invoice.in_doubt", "待核实"),
                            ("invoice.voiding", "已交给设备作废"),
                            ("invoice.voided", "已作废"),
                            ("invoice.void_refused", "没有作废，仍然有效"),
                            ("invoice.red", "红冲金额变动"),
                            ("endpoint.test", "测试推送"),
                        ],
                        max_length=20,
                        verbose_name="事项",
                    ),
                ),
                ("at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="时间")),
                (
                    "facts",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="内容"
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.taxpayer",
                    ),
                ),
            ],
            options={
                "verbose_name": "推送事项",
                "verbose_name_plural": "推送事项",
            },
        ),
        migrations.CreateModel(
            name="HookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invoice_pk", models.BigIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "待送达"), ("sent", "已送达"), ("failed", "未送达")],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="次数")),
                ("first_tried_at", models.DateTimeField(blank=True, null=True)),
                ("last_tried_at", models.DateTimeField(blank=True, null=True, verbose_name="最近一次")),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True, verbose_name="下一次")),
                ("last_status", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="应答码")),
                ("last_error", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="invoicing.hookendpoint",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="invoicing.hookevent"
                    ),
                ),
            ],
            options={
                "verbose_name": "推送记录",
                "verbose_name_plural": "推送记录",
                "ordering": ["-event"],
            },
        ),
        migrations.AddConstraint(
            model_name="hookendpoint",
            constraint=models.UniqueConstraint(
                fields=("taxpayer", "url"),
                name="invoicing_hook_url_once",
                violation_error_message="这个接收地址已经登记过。",
            ),
        ),
        migrations.AddConstraint(
            model_name="hookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["active", "paused", "stopped"])), name="invoicing_hook_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="hookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "stopped"), _negated=True), ("stopped_at__isnull", False), _connector="OR"
                ),
                name="invoicing_hook_stopped_has_moment",
            ),
        ),
        migrations.AddIndex(
            model_name="hookevent",
            index=models.Index(models.F("at"), name="invoicing_hookevent_age"),
        ),
        migrations.AddConstraint(
            model_name="hookevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "invoice.issuing",
                            "invoice.issued",
                            "invoice.refused",
                            "invoice.in_doubt",
                            "invoice.voiding",
                            "invoice.voided",
                            "invoice.void_refused",
                            "invoice.red",
                            "endpoint.test",
                        ],
                    )
                ),
                name="invoicing_hookevent_kind_known",
            ),
        ),
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(
                models.F("endpoint"),
                models.F("invoice_pk"),
                models.F("event"),
                condition=models.Q(("state", "waiting")),
                name="invoicing_hookdelivery_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event"), name="invoicing_hookdelivery_once"),
        ),
        migrations.AddConstraint(
            model_name="hookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "sent", "failed"])),
                name="invoicing_hookdelivery_state_known",
            ),
        ),
    ]
