"""Requests about disks, the lines of their own logs, and since when a disk is barred."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
from devices.choices import REQUEST_TRANSITIONS
from taxhall.common import triggers

# Disks that were reported lost before the moment was kept.
BARRED = "UPDATE devices_device SET barred_at = updated_at WHERE status = 'lost' AND barred_at IS NULL"


class Migration(migrations.Migration):
    """Requests, log records, `barred_at`."""

    dependencies = [
        ("accounts", "0003_add_taxpayer_registered_on"),
        ("devices", "0006_add_agents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeviceRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("unblock", "口令解锁"),
                            ("loss", "报失"),
                            ("replace", "更换设备"),
                            ("cancel", "注销设备"),
                            ("change", "变更发行"),
                            ("add_stock", "发票购入"),
                            ("return_stock", "发票退回"),
                        ],
                        max_length=12,
                        verbose_name="事项",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "待办理"),
                            ("granted", "已同意"),
                            ("refused", "不同意"),
                            ("withdrawn", "已撤回"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "遗失"),
                            ("stolen", "被盗"),
                            ("damaged", "损坏"),
                            ("expired", "证书到期"),
                            ("upgrade", "升级换型"),
                            ("closing", "税务注销"),
                            ("digital", "改用数电票"),
                            ("other", "其他"),
                        ],
                        max_length=10,
                        verbose_name="原因",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                ("contents", models.JSONField(blank=True, default=dict, verbose_name="内容")),
                ("base", models.JSONField(blank=True, default=dict, verbose_name="设备最后状态")),
                ("created_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="申请时间")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="办理时间")),
                ("decision_note", models.CharField(blank=True, max_length=500, verbose_name="办理意见")),
            ],
            options={
                "verbose_name": "设备申请",
                "verbose_name_plural": "设备申请",
                "ordering": ["created_at"],
            },
        ),
        migrations.CreateModel(
            name="DiskLogRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(verbose_name="序号")),
                ("at", models.DateTimeField(verbose_name="设备时间")),
                ("event", models.CharField(max_length=40, verbose_name="事件")),
                ("detail", models.CharField(blank=True, max_length=240, verbose_name="说明")),
                ("recorded_at", models.DateTimeField(default=taxhall.common.clock.now, verbose_name="入库时间")),
            ],
            options={
                "verbose_name": "设备日志",
                "verbose_name_plural": "设备日志",
                "ordering": ["-number"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="device",
            name="devices_device_status_known",
        ),
        migrations.AddField(
            model_name="device",
            name="barred_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="证书停用时间"),
        ),
        migrations.RunSQL(sql=BARRED, reverse_sql=migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="device",
            name="status",
            field=models.CharField(
                choices=[
                    ("active", "正常"),
                    ("frozen", "已冻结"),
                    ("lost", "已挂失"),
                    ("replaced", "已更换停用"),
                    ("cancelled", "已注销"),
                ],
                default="active",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "frozen", "lost", "replaced", "cancelled"])),
                name="devices_device_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["lost", "replaced"]), _negated=True),
                    ("barred_at__isnull", False),
                    _connector="OR",
                ),
                name="devices_device_barred_has_moment",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="command",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="request",
                to="devices.devicecommand",
                verbose_name="指令",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="申请人",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="办理人",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="devices.device",
                verbose_name="税控设备",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="successor",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaces",
                to="devices.device",
                verbose_name="新设备",
            ),
        ),
        migrations.AddField(
            model_name="disklogrecord",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="log_records",
                to="devices.device",
                verbose_name="税控设备",
            ),
        ),
        migrations.AddIndex(
            model_name="devicerequest",
            index=models.Index(fields=["state", "created_at"], name="devices_request_queue"),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["unblock", "loss", "replace", "cancel", "change", "add_stock", "return_stock"])
                ),
                name="devices_request_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "granted", "refused", "withdrawn"])),
                name="devices_request_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")), fields=("device", "kind"), name="devices_request_one_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["granted", "refused"]), _negated=True),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("decided_by", models.F("created_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="devices_request_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="disklogrecord",
            constraint=models.UniqueConstraint(fields=("device", "number"), name="devices_log_once"),
        ),
        triggers.append_only("devices_disklogrecord"),
        triggers.allowed_transitions("devices_devicerequest", "state", REQUEST_TRANSITIONS),
    ]
