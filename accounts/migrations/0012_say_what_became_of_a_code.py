"""A code that is being handed over, and one that nobody sent in time, are states of their own."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

_STATES = {
    "waiting": "等待发送",
    "sending": "正在发送",
    "sent": "已发出",
    "refused": "网关拒绝",
    "failed": "没有得到答复",
    "late": "没有发出",
    "replaced": "已作废",
    "used": "已使用",
}


class Migration(migrations.Migration):
    """Two states more."""

    dependencies = [("accounts", "0011_word_of_a_silent_gateway")]

    operations = [
        migrations.RemoveConstraint(model_name="phonecode", name="accounts_phonecode_one_open"),
        migrations.RemoveConstraint(model_name="phonecode", name="accounts_phonecode_state_known"),
        migrations.RemoveConstraint(model_name="phonecode", name="accounts_phonecode_sent_has_code"),
        migrations.AlterField(
            model_name="phonecode",
            name="state",
            field=models.CharField(
                choices=list(_STATES.items()), default="waiting", max_length=10, verbose_name="状态"
            ),
        ),
        migrations.AddConstraint(
            model_name="phonecode",
            constraint=models.UniqueConstraint(
                condition=Q(state__in=("waiting", "sending", "sent")),
                fields=("user",),
                name="accounts_phonecode_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="phonecode",
            constraint=models.CheckConstraint(
                condition=Q(state__in=list(_STATES)), name="accounts_phonecode_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="phonecode",
            constraint=models.CheckConstraint(
                condition=~Q(state__in=("sending", "sent", "used")) | (~Q(digest="") & Q(expires_at__isnull=False)),
                name="accounts_phonecode_sent_has_code",
            ),
        ),
    ]
