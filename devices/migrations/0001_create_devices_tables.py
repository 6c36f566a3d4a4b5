"""Create the tables of devices."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import taxhall.common.clock
import taxhall.common.money
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_create_accounts_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=taxhall.common.clock.now, editable=False, verbose_name='创建时间')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='更新时间')),
                ('serial', models.CharField(max_length=12, unique=True, validators=[django.core.validators.RegexValidator('^\\d{12}$', '设备编号是 12 位数字')], verbose_name='设备编号')),
                ('kind', models.CharField(choices=[('goldtax', '金税盘'), ('taxdisk', '税控盘'), ('ukey', '税务UKey')], max_length=10, verbose_name='设备类型')),
                ('machine_number', models.PositiveSmallIntegerField(default=0, verbose_name='开票机号')),
                ('certificate', models.TextField(verbose_name='设备证书')),
                ('public_key_id', models.CharField(default='', max_length=64, verbose_name='公钥编号')),
                ('algorithm', models.CharField(default='intl', max_length=10, verbose_name='算法')),
                ('status', models.CharField(choices=[('active', '正常'), ('frozen', '已冻结'), ('lost', '已挂失'), ('cancelled', '已注销')], default='active', max_length=10, verbose_name='状态')),
                ('frozen_reason', models.CharField(blank=True, max_length=200, verbose_name='冻结原因')),
                ('enabled_on', models.DateField(verbose_name='开票启用日期')),
                ('period_start', models.DateField(verbose_name='报税起始日期')),
                ('period_end', models.DateField(verbose_name='报税终止日期')),
                ('issue_allowed_until', models.DateField(verbose_name='开票截止日期')),
                ('is_reported', models.BooleanField(default=False, verbose_name='已抄报未清卡')),
                ('last_reported_at', models.DateTimeField(blank=True, null=True, verbose_name='最新报税时间')),
                ('last_cleared_at', models.DateTimeField(blank=True, null=True, verbose_name='最近清卡时间')),
                ('sign_counter', models.PositiveBigIntegerField(default=0, verbose_name='签名次数')),
                ('report_counter', models.PositiveBigIntegerField(default=0, verbose_name='抄报次数')),
                ('clear_counter', models.PositiveBigIntegerField(default=0, verbose_name='清卡次数')),
                ('offline_count', models.PositiveIntegerField(default=0, verbose_name='离线份数')),
                ('offline_count_limit', models.PositiveIntegerField(default=0, verbose_name='离线份数上限')),
                ('offline_amount', taxhall.common.money.MoneyField(decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='离线金额')),
                ('offline_amount_limit', taxhall.common.money.MoneyField(decimal_places=2, default=Decimal('0.00'), max_digits=18, verbose_name='离线金额上限')),
                ('offline_hours_limit', models.PositiveIntegerField(default=0, verbose_name='离线时长上限（小时）')),
                ('offline_since', models.DateTimeField(blank=True, null=True, verbose_name='最早离线发票时间')),
                ('clock_drift_seconds', models.IntegerField(default=0, verbose_name='时钟偏差')),
                ('pin_tries', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='口令剩余次数')),
                ('certificate_not_after', models.DateField(blank=True, null=True, verbose_name='证书有效期至')),
                ('last_seen_at', models.DateTimeField(blank=True, null=True, verbose_name='最近读卡时间')),
                ('taxpayer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='accounts.taxpayer', verbose_name='纳税人')),
            ],
            options={
                'verbose_name': '税控设备',
                'verbose_name_plural': '税控设备',
                'ordering': ['serial'],
            },
        ),
        migrations.CreateModel(
            name='DeviceAuthorisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('invoice_kind', models.CharField(choices=[('004', '增值税专用发票'), ('007', '增值税普通发票'), ('025', '增值税普通发票（卷票）'), ('026', '增值税电子普通发票'), ('028', '增值税电子专用发票'), ('005', '机动车销售统一发票')], max_length=3, verbose_name='票种')),
                ('limit_amount', taxhall.common.money.MoneyField(decimal_places=2, max_digits=18, verbose_name='单张限额')),
                ('rates', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('13', '13%'), ('9', '9%'), ('6', '6%'), ('5', '5%'), ('3', '3%'), ('1.5', '1.5%'), ('1', '1%'), ('0', '0%'), ('exempt', '免税'), ('untaxed', '不征税')], max_length=10), size=None, verbose_name='授权税率')),
                ('segment_code', models.CharField(max_length=12, verbose_name='发票代码')),
                ('next_number', models.PositiveIntegerField(verbose_name='下一号码')),
                ('end_number', models.PositiveIntegerField(verbose_name='终止号码')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='authorisations', to='devices.device', verbose_name='税控设备')),
            ],
            options={
                'verbose_name': '票种授权',
                'verbose_name_plural': '票种授权',
                'ordering': ['invoice_kind'],
            },
        ),
        migrations.CreateModel(
            name='DeviceCommand',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('issue', '开具'), ('void', '作废'), ('report', '抄报'), ('clear', '清卡'), ('acknowledge', '上传回执'), ('read', '读卡')], max_length=12, verbose_name='种类')),
                ('key', models.CharField(max_length=120, unique=True, verbose_name='业务键')),
                ('state', models.CharField(choices=[('queued', '等待设备'), ('claimed', '准备中'), ('sending', '执行中'), ('done', '已完成'), ('refused', '设备拒绝'), ('in_doubt', '待核实'), ('manual', '转人工'), ('cancelled', '已取消')], default='queued', max_length=10, verbose_name='状态')),
                ('payload', models.JSONField(default=dict, verbose_name='内容')),
                ('token', models.JSONField(blank=True, null=True, verbose_name='清卡指令')),
                ('token_digest', models.CharField(blank=True, max_length=64, verbose_name='指令摘要')),
                ('answer', models.JSONField(blank=True, null=True, verbose_name='回执')),
                ('fencing', models.PositiveIntegerField(default=0, verbose_name='租约序号')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='租约到期')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='尝试次数')),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True, verbose_name='下次尝试')),
                ('error_code', models.CharField(blank=True, max_length=60, verbose_name='错误代码')),
                ('error_text', models.TextField(blank=True, verbose_name='错误说明')),
                ('created_at', models.DateTimeField(default=taxhall.common.clock.now, verbose_name='创建时间')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='发送时间')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='完成时间')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='发起人')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commands', to='devices.device', verbose_name='税控设备')),
            ],
            options={
                'verbose_name': '设备指令',
                'verbose_name_plural': '设备指令',
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='ClearReceiptRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=1, verbose_name='票种组')),
                ('period_start', models.DateField(verbose_name='所属期起')),
                ('period_end', models.DateField(verbose_name='所属期止')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='摘要')),
                ('clear_counter_before', models.PositiveBigIntegerField(verbose_name='清卡前次数')),
                ('clear_counter_after', models.PositiveBigIntegerField(verbose_name='清卡后次数')),
                ('new_period_start', models.DateField(verbose_name='新所属期起')),
                ('new_period_end', models.DateField(verbose_name='新所属期止')),
                ('new_cut_off', models.DateField(verbose_name='新开票截止日期')),
                ('cleared_at', models.DateTimeField(verbose_name='清卡时间')),
                ('message', models.JSONField(default=dict, verbose_name='原文')),
                ('recorded_at', models.DateTimeField(default=taxhall.common.clock.now, verbose_name='入库时间')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clear_receipts', to='devices.device', verbose_name='税控设备')),
                ('command', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='devices.devicecommand', verbose_name='设备指令')),
            ],
            options={
                'verbose_name': '清卡回执',
                'verbose_name_plural': '清卡回执',
                'ordering': ['-clear_counter_after'],
            },
        ),
        migrations.CreateModel(
            name='DeviceReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taken_at', models.DateTimeField(default=taxhall.common.clock.now, verbose_name='读卡时间')),
                ('reader', models.CharField(blank=True, max_length=200, verbose_name='读卡器')),
                ('status', models.JSONField(default=dict, verbose_name='设备状态')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='devices.device', verbose_name='税控设备')),
            ],
            options={
                'verbose_name': '读卡记录',
                'verbose_name_plural': '读卡记录',
                'ordering': ['-taken_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DeviceReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.CharField(max_length=1, verbose_name='票种组')),
                ('period_start', models.DateField(verbose_name='所属期起')),
                ('period_end', models.DateField(verbose_name='所属期止')),
                ('report_counter', models.PositiveBigIntegerField(verbose_name='抄报次数')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='摘要')),
                ('rows', models.JSONField(default=list, verbose_name='汇总')),
                ('message', models.JSONField(default=dict, verbose_name='原文')),
                ('created_at', models.DateTimeField(default=taxhall.common.clock.now, verbose_name='抄报时间')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='devices.device', verbose_name='税控设备')),
            ],
            options={
                'verbose_name': '抄报记录',
                'verbose_name_plural': '抄报记录',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('serial__regex', '^\\d{12}$')), name='devices_device_serial_digits'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['goldtax', 'taxdisk', 'ukey'])), name='devices_device_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'frozen', 'lost', 'cancelled'])), name='devices_device_status_known'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('period_start__lte', models.F('period_end'))), name='devices_device_period_in_order'),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.CheckConstraint(condition=models.Q(('issue_allowed_until__gt', models.F('period_start'))), name='devices_device_cut_off_after_start'),
        ),
        migrations.AddConstraint(
            model_name='deviceauthorisation',
            constraint=models.UniqueConstraint(fields=('device', 'invoice_kind'), name='devices_authorisation_once'),
        ),
        migrations.AddConstraint(
            model_name='deviceauthorisation',
            constraint=models.CheckConstraint(condition=models.Q(('invoice_kind__in', ['004', '007', '025', '026', '028', '005'])), name='devices_authorisation_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='deviceauthorisation',
            constraint=models.CheckConstraint(condition=models.Q(('limit_amount__gte', 0)), name='devices_authorisation_limit_not_negative'),
        ),
        migrations.AddIndex(
            model_name='devicecommand',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'claimed', 'sending', 'in_doubt'])), fields=['kind', 'next_attempt_at'], name='devices_command_due'),
        ),
        migrations.AddConstraint(
            model_name='devicecommand',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['issue', 'void', 'report', 'clear', 'acknowledge', 'read'])), name='devices_command_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='devicecommand',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'claimed', 'sending', 'done', 'refused', 'in_doubt', 'manual', 'cancelled'])), name='devices_command_state_known'),
        ),
        migrations.AddConstraint(
            model_name='devicecommand',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'clear'), ('state__in', ('queued', 'claimed', 'sending', 'in_doubt', 'manual'))), fields=('device',), name='devices_command_one_live_clear'),
        ),
        migrations.AddConstraint(
            model_name='devicecommand',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'clear'), ('state__in', ['sending', 'in_doubt']), _negated=True), ('token__isnull', False), _connector='OR'), name='devices_command_token_before_sending'),
        ),
        migrations.AddConstraint(
            model_name='devicecommand',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['sending', 'in_doubt']), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='devices_command_sent_has_moment'),
        ),
        migrations.AddConstraint(
            model_name='clearreceiptrecord',
            constraint=models.UniqueConstraint(fields=('device', 'clear_counter_after'), name='devices_clear_receipt_one_per_counter'),
        ),
        migrations.AddConstraint(
            model_name='clearreceiptrecord',
            constraint=models.CheckConstraint(condition=models.Q(('clear_counter_after', django.db.models.expressions.CombinedExpression(models.F('clear_counter_before'), '+', models.Value(1)))), name='devices_clear_receipt_one_step'),
        ),
        migrations.AddConstraint(
            model_name='clearreceiptrecord',
            constraint=models.CheckConstraint(condition=models.Q(('new_period_start__gt', models.F('period_end')), ('new_cut_off__gt', models.F('new_period_start'))), name='devices_clear_receipt_forward'),
        ),
        migrations.AddIndex(
            model_name='devicereading',
            index=models.Index(fields=['device', '-taken_at'], name='devices_reading_latest'),
        ),
        migrations.AddIndex(
            model_name='devicereport',
            index=models.Index(fields=['device', 'period_start', '-report_counter'], name='devices_report_latest'),
        ),
        migrations.AddConstraint(
            model_name='devicereport',
            constraint=models.CheckConstraint(condition=models.Q(('period_start__lte', models.F('period_end'))), name='devices_report_period_in_order'),
        ),
    ]
