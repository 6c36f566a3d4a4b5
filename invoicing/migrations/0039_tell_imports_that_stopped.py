"""An import that ended half through has a state of its own, and who imported stands beside who uploaded."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from invoicing.choices_files import IMPORT_TRANSITIONS
from taxhall.common import triggers

_STATES = [
    ("checking", "检查中"),
    ("checked", "检查完成"),
    ("importing", "导入中"),
    ("imported", "已导入"),
    ("issuing", "批量开具中"),
    ("refused", "未导入"),
    ("stopped", "导入中断"),
    ("cancelled", "已取消"),
    ("undoing", "撤销中"),
    ("undone", "已撤销"),
]
_dropped, _made = triggers.renewed_transitions("invoicing_importjob", "state", IMPORT_TRANSITIONS)


class Migration(migrations.Migration):
    """One column, one state, the constraint and the trigger that know it; rows that lied say it from now on."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("invoicing", "0038_lease_backups"),
    ]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="imported_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint(model_name="importjob", name="invoicing_import_state_known"),
        migrations.RemoveConstraint(model_name="importjob", name="invoicing_import_file_once"),
        migrations.AlterField(
            model_name="importjob",
            name="state",
            field=models.CharField(choices=_STATES, default="checking", max_length=10, verbose_name="状态"),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=Q(state__in=[value for value, _label in _STATES]), name="invoicing_import_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=["checking", "checked", "importing", "imported", "issuing"]),
                fields=("taxpayer", "sha256"),
                name="invoicing_import_file_once",
            ),
        ),
        _dropped,
        # Between the two triggers, since no rule allows this step to anybody else. Who imported was kept as who
        # uploaded until now, so an import under way goes on in the right name.
        migrations.RunSQL(
            """
            UPDATE invoicing_importjob SET imported_by_id = uploaded_by_id WHERE mode <> '';
            UPDATE invoicing_importjob job SET state = 'stopped' WHERE state = 'refused'
            AND EXISTS (SELECT 1 FROM invoicing_importedinvoice kept WHERE kept.job_id = job.id);
            -- No check may be pending when the table is changed again.
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        _made,
    ]
