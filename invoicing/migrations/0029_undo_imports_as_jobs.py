"""The undo of an import is a state of its own, so that a worker can carry on with it; the trigger is made anew."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from invoicing.choices_files import IMPORT_TRANSITIONS
from taxhall.common import triggers

_RUNNING = ["checking", "importing", "issuing", "undoing"]


class Migration(migrations.Migration):
    """One column, one state, the constraints and the trigger that know it."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("invoicing", "0028_require_import_scan"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="importjob", name="invoicing_import_file_once"),
        migrations.RemoveConstraint(model_name="importjob", name="invoicing_import_state_known"),
        migrations.RemoveIndex(model_name="importjob", name="invoicing_import_running"),
        migrations.AddField(
            model_name="importjob",
            name="undo_requested_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="importjob",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "检查中"),
                    ("checked", "检查完成"),
                    ("importing", "导入中"),
                    ("imported", "已导入"),
                    ("issuing", "批量开具中"),
                    ("refused", "未导入"),
                    ("cancelled", "已取消"),
                    ("undoing", "撤销中"),
                    ("undone", "已撤销"),
                ],
                default="checking",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddIndex(
            model_name="importjob",
            index=models.Index("state", condition=Q(state__in=_RUNNING), name="invoicing_import_running"),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=[*_RUNNING, "checked", "imported"]),
                fields=("taxpayer", "sha256"),
                name="invoicing_import_file_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "checking", "checked", "importing", "imported", "issuing", "refused", "cancelled", "undoing",
                        "undone",
                    ]
                ),
                name="invoicing_import_state_known",
            ),
        ),
        *triggers.renewed_transitions("invoicing_importjob", "state", IMPORT_TRANSITIONS),
    ]  # fmt: skip
