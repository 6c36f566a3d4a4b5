"""The taxpayer's own PC as a carrier of requests to disks."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import taxhall.common.clock
from devices.choices import VISIT_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    """Agents, their codes, disks and visits; the transitions of visits."""

    dependencies = [
        ("accounts", "0003_add_taxpayer_registered_on"),
        ("devices", "0005_guard_order_receipts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Agent",
            fields=[
                (
                    "created_at",
                    models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name="创建时间"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="更新时间")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60, verbose_name="电脑名称")),
                ("platform", models.CharField(blank=True, max_length=60, verbose_name="操作系统")),
                ("version", models.CharField(blank=True, max_length=20, verbose_name="程序版本")),
                ("protocol", models.PositiveSmallIntegerField(default=1, verbose_name="协议版本")),
                ("public_key", models.CharField(max_length=400, unique=True, verbose_name="公钥")),
                ("token_digest", models.CharField(max_length=64, unique=True, verbose_name="令牌摘要")),
                ("session", models.CharField(blank=True, max_length=32, verbose_name="会话")),
                ("session_number", models.PositiveBigIntegerField(default=0, verbose_name="会话序号")),
                ("sequence", models.PositiveBigIntegerField(default=0, verbose_name="请求序号")),
                ("unreported", models.PositiveIntegerField(default=0, verbose_name="待上报结果")),
                ("last_contact_at", models.DateTimeField(blank=True, null=True, verbose_name="最近联系")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="停用时间")),
                (
                    "enrolled_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="连接人",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="停用人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agents",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "代理程序",
                "verbose_name_plural": "代理程序",
                "ordering": ["name", "created_at"],
            },
        ),
        migrations.CreateModel(
            name="AgentCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="摘要")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="生成时间")),
                ("expires_at", models.DateTimeField(verbose_name="有效至")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="使用时间")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="生成人",
                    ),
                ),
                (
                    "taxpayer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.taxpayer",
                        verbose_name="纳税人",
                    ),
                ),
            ],
            options={
                "verbose_name": "连接码",
                "verbose_name_plural": "连接码",
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["taxpayer", "-created_at"], name="devices_agentcode_latest")],
            },
        ),
        migrations.CreateModel(
            name="AgentDisk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reader", models.CharField(blank=True, max_length=200, verbose_name="读卡器")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("is_held", models.BooleanField(default=False, verbose_name="在该电脑上")),
                ("is_unlocked", models.BooleanField(default=False, verbose_name="口令已输入")),
                ("hold", models.PositiveBigIntegerField(default=0, verbose_name="持有序号")),
                ("nonce", models.CharField(blank=True, max_length=64, verbose_name="挑战值")),
                ("nonce_at", models.DateTimeField(blank=True, null=True, verbose_name="挑战时间")),
                ("proved_at", models.DateTimeField(blank=True, null=True, verbose_name="证明时间")),
                ("unlocked_at", models.DateTimeField(blank=True, null=True, verbose_name="口令输入时间")),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="最近在位")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="disks",
                        to="devices.agent",
                        verbose_name="代理程序",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agent_disks",
                        to="devices.device",
                        verbose_name="税控设备",
                    ),
                ),
            ],
            options={
                "verbose_name": "代理程序上的设备",
                "verbose_name_plural": "代理程序上的设备",
                "ordering": ["device"],
                "constraints": [
                    models.UniqueConstraint(fields=("agent", "device"), name="devices_agentdisk_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_held", True)), fields=("device",), name="devices_agentdisk_one_holder"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_held", False), models.Q(("hold__gt", 0), ("proved_at__isnull", False)), _connector="OR"
                        ),
                        name="devices_agentdisk_held_is_proved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentVisit",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待取走"),
                            ("taken", "执行中"),
                            ("answered", "已应答"),
                            ("withdrawn", "已撤回"),
                            ("overdue", "超时未答"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("request", models.JSONField(verbose_name="请求")),
                ("is_changing", models.BooleanField(default=False, verbose_name="会改变设备")),
                ("fencing", models.PositiveIntegerField(default=0, verbose_name="租约序号")),
                ("answer", models.JSONField(blank=True, null=True, verbose_name="应答")),
                ("is_late", models.BooleanField(default=False, verbose_name="迟到")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="创建时间")),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="取走时间")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="应答时间")),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="devices.agent",
                        verbose_name="代理程序",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agent_visits",
                        to="devices.device",
                        verbose_name="税控设备",
                    ),
                ),
            ],
            options={
                "verbose_name": "代理程序任务",
                "verbose_name_plural": "代理程序任务",
                "ordering": ["created_at"],
                "indexes": [
                    models.Index(fields=["agent", "-created_at"], name="devices_agentvisit_latest"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "taken"])),
                        fields=["agent", "created_at"],
                        name="devices_agentvisit_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "taken", "answered", "withdrawn", "overdue"])),
                        name="devices_agentvisit_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "answered"), _negated=True),
                            models.Q(("answer__isnull", False), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="devices_agentvisit_answered_has_answer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "taken")),
                        fields=("device",),
                        name="devices_agentvisit_one_at_a_time",
                    ),
                ],
            },
        ),
        triggers.allowed_transitions("devices_agentvisit", "state", VISIT_TRANSITIONS),
    ]
