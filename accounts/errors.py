"""What accounts refuses, in words."""

from __future__ import annotations

import math
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.scan_limits import limit_cause, limit_step
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError, TaxhallError


class SignInRefusedError(TaxhallError):
    """The name, the password or the code does not fit; says the same for a name that does not exist."""

    code = "accounts.sign_in_refused"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _("用户名（或统一社会信用代码）与密码不符，没有登录。"),
            next_step=_("请核对后重新填写；注意大小写和输入法。"),
        )


class CodeRefusedError(TaxhallError):
    """The one-time code is wrong, too old, or was used before."""

    code = "accounts.code_refused"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _("动态口令不正确或已经用过，没有登录。"),
            next_step=_("请等验证器显示下一组 6 位数字后再填写；若一直不对，请校准手机时间。"),
        )


class StepUpNeededError(NotPermittedError):
    """A weighty act needs a fresh proof of who is at the keyboard (S-10)."""

    code = "accounts.step_up_needed"

    def __init__(self) -> None:
        words = _("距上次验证身份已超过五分钟，请填写动态口令后再试，刚才的操作没有保存。")
        super().__init__(words, fields={"code": [words]})


class StepUpRefusedError(TaxhallError):
    """The code that should have proven the person was wrong, too old, or used before."""

    code = "accounts.step_up_refused"
    status = 422

    def __init__(self) -> None:
        words = _("动态口令不正确或已经用过，刚才的操作没有保存。请等验证器显示下一组 6 位数字后再填写。")
        super().__init__(words, fields={"code": [words]})


class SignInPausedError(TaxhallError):
    """Too many failures; sign-in waits until a moment told in words."""

    code = "accounts.sign_in_paused"
    status = 429

    def __init__(self, until: datetime) -> None:
        moment = timezone.localtime(until)
        super().__init__(
            _("连续输错次数较多，为保护账户，登录暂停到 %(moment)s。") % {"moment": f"{moment:%H:%M:%S}"},
            next_step=_("请在此时间之后再试；您在常用电脑上登录不受他人输错的影响。"),
        )
        self.until = until

    @property
    def retry_after(self) -> int:
        """Whole seconds until the next try is taken."""
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))


class GuessingPausedError(TaxhallError):
    """Too many wrong codes from one network; the next is looked at after a moment told in words."""

    code = "accounts.guessing_paused"
    status = 429

    def __init__(self, until: datetime) -> None:
        moment = timezone.localtime(until)
        super().__init__(
            _("输错的次数较多，暂停到 %(moment)s。") % {"moment": f"{moment:%H:%M:%S}"},
            next_step=_("请在此时间之后再试。"),
        )
        self.until = until

    @property
    def retry_after(self) -> int:
        """Whole seconds until the next try is taken."""
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))


class SignInClosedError(TaxhallError):
    """So many failures in a row that this way of signing in is closed for the account."""

    code = "accounts.sign_in_closed"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            _("该账户连续输错次数已达上限，为保护账户，暂停用密码登录。"),
            next_step=_("请在以前登录过的电脑上登录，或请主管税务机关核实身份后解除。"),
        )


class PasswordRefusedError(TaxhallError):
    """The password that should have proved the signed-in person does not fit."""

    code = "accounts.password_refused"
    status = 422

    def __init__(self) -> None:
        words = _("登录密码不正确，什么也没有改动。请核对后重新填写；注意大小写和输入法。")
        super().__init__(words, fields={"password": [words]})


class PhoneCodeWaitError(TaxhallError):
    """So many codes were sent lately to the number, for the person, or from the network, that the next one waits."""

    code = "accounts.phone_code_wait"
    status = 429

    def __init__(self, until: datetime) -> None:
        moment = timezone.localtime(until)
        super().__init__(
            _("验证码发送得太频繁，这次没有发送，手机号码没有改动。"),
            next_step=_("请在 %(moment)s 之后再试。") % {"moment": f"{moment:%m-%d %H:%M:%S}"},
        )
        self.until = until

    @property
    def retry_after(self) -> int:
        """Whole seconds until the next try is taken."""
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))


class PhoneCodeRefusedError(TaxhallError):
    """The code is not the one that was sent."""

    code = "accounts.phone_code_refused"
    status = 422

    def __init__(self, left: int) -> None:
        words = _("验证码不正确，手机号码没有改动。请核对短信里的 6 位数字，还可以试 %(left)s 次。") % {"left": left}
        super().__init__(words, fields={"code": [words]})


class PhoneCodeOverError(ConflictError):
    """There is no code to compare with: not sent, too old, replaced, or tried too often."""

    code = "accounts.phone_code_over"

    def __init__(self) -> None:
        super().__init__(
            _("没有可用的验证码：没有获取、已过期、已作废或试填次数已满，手机号码没有改动。"),
            next_step=_("请重新获取验证码。"),
        )


class EnrolmentNotPossibleError(ConflictError):
    """An authenticator is bound already, or the password step is too long ago."""

    code = "accounts.enrolment_not_possible"


class RoleNotPossibleError(InvalidInputError):
    """A role or post that this account cannot hold."""

    code = "accounts.role_not_possible"


class LastHeadError(ConflictError):
    """The only head of a bureau would be gone, and nobody could give posts there any more."""

    code = "accounts.last_head"

    def __init__(self) -> None:
        super().__init__(
            _("这是该机关最后一名岗位负责人，收回后没有人能管理岗位，没有收回。"),
            next_step=_("请先授予另一名负责人，再收回。"),
        )


class FileScanningError(ConflictError):
    """No scanner has said yet that the file is clean."""

    code = "file.scanning"

    def __init__(self) -> None:
        super().__init__(
            _("文件还在做病毒检查，暂时不能打开；文件已保存，没有改动设备和税款。"),
            next_step=_("不用重新上传。检查一般几秒钟完成；扫描程序暂时不可用时，恢复后会自动继续。"),
        )


class FileRejectedError(ConflictError):
    """A scanner has spoken and the file stays closed; its children say why."""


class FileInfectedError(FileRejectedError):
    """A scanner found something in the file."""

    code = "file.infected"

    def __init__(self, finding: str) -> None:
        super().__init__(
            _("文件里发现病毒（%(finding)s），已隔离，任何人都不能打开；没有改动设备和税款。") % {"finding": finding},
            next_step=_("请用杀毒软件检查电脑，换一份干净的文件重新上传。"),
        )


class FileTooLargeToScanError(FileRejectedError):
    """The scanner met a limit of its own before it had seen all of it, so that nobody can know what is in it."""

    code = "file.too_large_to_scan"

    def __init__(self, limit: str) -> None:
        super().__init__(
            _("%(cause)s，里面有没有病毒不能确定，任何人都不能打开；没有改动设备和税款。")
            % {"cause": limit_cause(limit)},
            next_step=limit_step(limit),
        )


# Every way in which a name and a password are not taken.
SIGN_IN_REFUSALS = (SignInRefusedError, SignInPausedError, SignInClosedError)
