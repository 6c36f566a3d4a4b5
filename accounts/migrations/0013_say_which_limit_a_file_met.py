"""Size is not the only limit that keeps a scanner from looking at a file whole."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """One column more; of older verdicts nobody knows which limit it was."""

    dependencies = [("accounts", "0012_say_what_became_of_a_code")]

    operations = [
        migrations.AddField(
            model_name="filescan",
            name="limit",
            field=models.CharField(
                blank=True,
                choices=[
                    ("size", "大小"),
                    ("depth", "嵌套层数"),
                    ("count", "文件个数"),
                    ("time", "检查时间"),
                    ("other", "其他"),
                ],
                max_length=10,
                verbose_name="超出的限度",
            ),
        ),
        migrations.AlterField(
            model_name="filescan",
            name="state",
            field=models.CharField(
                choices=[
                    ("scanning", "病毒检查中"),
                    ("clean", "未发现病毒"),
                    ("infected", "发现病毒"),
                    ("too_large", "超出限度，无法检查"),
                ],
                default="scanning",
                max_length=10,
                verbose_name="病毒检查",
            ),
        ),
        migrations.AddConstraint(
            model_name="filescan",
            constraint=models.CheckConstraint(
                condition=Q(limit="") | Q(state="too_large", limit__in=["size", "depth", "count", "time", "other"]),
                name="accounts_filescan_limit_is_of_too_large",
            ),
        ),
    ]
