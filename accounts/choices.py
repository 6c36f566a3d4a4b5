"""Values of accounts and what each means in law."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxpayerKind(models.TextChoices):
    """How VAT is computed for a taxpayer (增值税法)."""

    GENERAL = "general", _("一般纳税人")
    SMALL_SCALE = "small_scale", _("小规模纳税人")


class PeriodKind(models.TextChoices):
    """How often the VAT return is due; quarterly only for small-scale (826号令 art. 43)."""

    MONTHLY = "monthly", _("按月申报")
    QUARTERLY = "quarterly", _("按季申报")


class CreditGrade(models.TextChoices):
    """Yearly tax credit grade (纳税缴费信用管理办法)."""

    A = "A", _("A 级")
    B = "B", _("B 级")
    M = "M", _("M 级")
    C = "C", _("C 级")
    D = "D", _("D 级")


class EntityKind(models.TextChoices):
    """Decides line 10 or 11 of the small-scale return."""

    ENTERPRISE = "enterprise", _("企业")
    INDIVIDUAL_BUSINESS = "individual_business", _("个体工商户")


class SurchargeArea(models.TextChoices):
    """Rate of the city maintenance tax (城建税法): 7%, 5%, 1%."""

    CITY = "city", _("市区")
    TOWN = "town", _("县城、镇")
    OTHER = "other", _("其他")


class TaxpayerStatus(models.TextChoices):
    """Registration status at the bureau."""

    NORMAL = "normal", _("正常")
    ABNORMAL = "abnormal", _("非正常")
    CANCELLED = "cancelled", _("注销")


class Role(models.TextChoices):
    """What a person may do for an enterprise."""

    LEGAL = "legal", _("法定代表人")
    FINANCE = "finance", _("财务负责人")
    ADMIN = "admin", _("管理员")
    TAX_CLERK = "tax_clerk", _("办税员")
    ISSUER = "issuer", _("开票员")


class Post(models.TextChoices):
    """An officer's post (岗位)."""

    REVIEWER = "reviewer", _("审核岗")
    APPROVER = "approver", _("审批岗")
    EXCEPTION = "exception", _("申报异常处理岗")
    AUDITOR = "auditor", _("稽核岗")
    # Answers for the officers of a bureau: hands cases on, agrees to posts, looks at emergencies; decides no case.
    HEAD = "head", _("岗位负责人")


class ChangeKind(models.TextChoices):
    """What is asked about a post."""

    GIVE = "give", _("授予")
    TAKE = "take", _("收回")


class ChangeState(models.TextChoices):
    """Where a change of a post stands; it takes effect with the second person's word."""

    ASKED = "asked", _("待第二人确认")
    AGREED = "agreed", _("已生效")
    REFUSED = "refused", _("未同意")


class ThrottleScope(models.TextChoices):
    """What a row of consecutive sign-in failures counts."""

    # One typed name from one network: growing waits from the 5th failure.
    NAME_NETWORK = "name_network", _("账户与网络")
    # One account from anywhere without a known device: closed before 100 in a row.
    ACCOUNT = "account", _("账户")
    # A typed name that no account has, counted alike so that the limit tells nothing.
    NAME = "name", _("账户名")
    # The same account from devices it has signed in on before: the owner's own lane.
    DEVICE = "device", _("常用设备")
    # One network over all accounts: stops one password being tried on many names.
    NETWORK = "network", _("网络")
    # An officer's one-time codes.
    CODE = "code", _("动态口令")


class RequestState(models.TextChoices):
    """Where an idempotent API call stands."""

    # The call is being worked on, or the process died; released after a minute.
    RUNNING = "running", _("处理中")
    # The answer is stored and is given again for every repeat.
    DONE = "done", _("已完成")


class ScanState(models.TextChoices):
    """What a scanner says about an uploaded file; only a clean one may be opened."""

    SCANNING = "scanning", _("病毒检查中")
    CLEAN = "clean", _("未发现病毒")
    INFECTED = "infected", _("发现病毒")
    # The scanner met a limit of its own (ScanLimit) before it had seen all of it: nobody knows what is in it.
    TOO_LARGE = "too_large", _("超出限度，无法检查")


class ScanLimit(models.TextChoices):
    """Which limit of the scanner a file met."""

    SIZE = "size", _("大小")
    DEPTH = "depth", _("嵌套层数")
    COUNT = "count", _("文件个数")
    TIME = "time", _("检查时间")
    OTHER = "other", _("其他")


# A scanner has spoken and the file stays closed; another one has to be uploaded.
REJECTED_SCANS = (ScanState.INFECTED, ScanState.TOO_LARGE)


class TextState(models.TextChoices):
    """How far a short message got; every state but the first is an end."""

    WAITING = "waiting", _("待发送")
    # The gateway took it; whether the telephone was on is not known.
    SENT = "sent", _("已发出")
    REFUSED = "refused", _("网关拒绝")
    # The person changed their mind, the number or the account before it went out.
    UNWANTED = "unwanted", _("已取消")
    # The gateway did not take it while it was of use.
    LATE = "late", _("过期未发")


class PhoneCodeState(models.TextChoices):
    """How far a new mobile number got that must be proved by a one-time code."""

    WAITING = "waiting", _("等待发送")
    # A worker drew the code and is handing it over: it may have gone out.
    SENDING = "sending", _("正在发送")
    SENT = "sent", _("已发出")
    # The gateway will not send to this number.
    REFUSED = "refused", _("网关拒绝")
    # Nobody heard what the gateway did with it: it did not answer, or the worker died while it asked.
    FAILED = "failed", _("没有得到答复")
    # No worker took it in time.
    LATE = "late", _("没有发出")
    # Another code was asked for.
    REPLACED = "replaced", _("已作废")
    # The code came back: the number is the account's.
    USED = "used", _("已使用")


# On its way to the telephone.
MOVING_PHONE_CODES: tuple[str, ...] = (PhoneCodeState.WAITING.value, PhoneCodeState.SENDING.value)
OPEN_PHONE_CODES: tuple[str, ...] = (*MOVING_PHONE_CODES, PhoneCodeState.SENT.value)
# A message may be there before the gateway's answer is: its code is taken from then on.
TAKEN_PHONE_CODES: tuple[str, ...] = (PhoneCodeState.SENDING.value, PhoneCodeState.SENT.value)
# States that only a drawn code leads to.
PROVABLE_PHONE_CODES: tuple[str, ...] = (*TAKEN_PHONE_CODES, PhoneCodeState.USED.value)
