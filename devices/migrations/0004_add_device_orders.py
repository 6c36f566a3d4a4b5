"""Receipts of the authority's orders, what a disk tells of them, and the stock behind the segment in use."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock


class Migration(migrations.Migration):
    """Orders join the outbox; like clears they are sent only once they are signed."""

    dependencies = [
        ("devices", "0003_name_the_algorithms_of_disks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderReceiptRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("change_issue_data", "变更发行"),
                            ("add_stock", "发票购入"),
                            ("return_stock", "发票退回"),
                            ("unblock_pin", "口令解锁"),
                            ("disable", "注销"),
                        ],
                        max_length=20,
                        verbose_name="事项",
                    ),
                ),
                ("order_number", models.PositiveBigIntegerField(verbose_name="指令序号")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="摘要")),
                ("order_counter_before", models.PositiveBigIntegerField(verbose_name="执行前次数")),
                ("order_counter_after", models.PositiveBigIntegerField(verbose_name="执行后次数")),
                ("applied_at", models.DateTimeField(verbose_name="执行时间")),
                ("message", models.JSONField(default=dict, verbose_name="原文")),
                ("recorded_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="入库时间")),
            ],
            options={
                "verbose_name": "变更回执",
                "verbose_name_plural": "变更回执",
                "ordering": ["-order_counter_after"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="devicecommand",
            name="devices_command_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="devicecommand",
            name="devices_command_token_before_sending",
        ),
        migrations.AddField(
            model_name="device",
            name="order_counter",
            field=models.PositiveBigIntegerField(default=0, verbose_name="变更次数"),
        ),
        migrations.AddField(
            model_name="device",
            name="uploaded_through",
            field=models.PositiveBigIntegerField(default=0, verbose_name="已上传至"),
        ),
        migrations.AddField(
            model_name="deviceauthorisation",
            name="later_segments",
            field=models.JSONField(blank=True, default=list, verbose_name="后续号段"),
        ),
        migrations.AddField(
            model_name="devicecommand",
            name="refusals",
            field=models.PositiveIntegerField(default=0, verbose_name="设备拒绝次数"),
        ),
        migrations.AlterField(
            model_name="devicecommand",
            name="kind",
            field=models.CharField(
                choices=[
                    ("issue", "开具"),
                    ("void", "作废"),
                    ("report", "抄报"),
                    ("clear", "清卡"),
                    ("order", "变更指令"),
                    ("acknowledge", "上传回执"),
                    ("read", "读卡"),
                ],
                max_length=12,
                verbose_name="种类",
            ),
        ),
        migrations.AlterField(
            model_name="devicecommand",
            name="token",
            field=models.JSONField(blank=True, null=True, verbose_name="已签名的指令"),
        ),
        migrations.AddConstraint(
            model_name="devicecommand",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["issue", "void", "report", "clear", "order", "acknowledge", "read"])),
                name="devices_command_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="devicecommand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ("clear", "order", "acknowledge")),
                        ("state__in", ["sending", "in_doubt"]),
                        _negated=True,
                    ),
                    ("token__isnull", False),
                    _connector="OR",
                ),
                name="devices_command_token_before_sending",
            ),
        ),
        migrations.AddField(
            model_name="orderreceiptrecord",
            name="command",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order_receipt",
                to="devices.devicecommand",
                verbose_name="设备指令",
            ),
        ),
        migrations.AddField(
            model_name="orderreceiptrecord",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order_receipts",
                to="devices.device",
                verbose_name="税控设备",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreceiptrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("action__in", ["change_issue_data", "add_stock", "return_stock", "unblock_pin", "disable"])
                ),
                name="devices_order_receipt_action_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreceiptrecord",
            constraint=models.UniqueConstraint(
                fields=("device", "order_counter_after"), name="devices_order_receipt_one_per_counter"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderreceiptrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "order_counter_after",
                        django.db.models.expressions.CombinedExpression(
                            models.F("order_counter_before"), "+", models.Value(1)
                        ),
                    )
                ),
                name="devices_order_receipt_one_step",
            ),
        ),
    ]
