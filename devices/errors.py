"""What can go wrong with a disk, split by the one thing that matters: may the disk have changed?"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.messages import Advice, advice
from taxhall.common.errors import ConflictError, InvalidInputError, TaxhallError


class DiskError(TaxhallError):
    """An error whose words come from the table of `devices.messages`."""

    code = "disk.error"

    def __init__(self, code: str | None = None, *, message: str | Promise = "", status_word: int | None = None) -> None:
        entry = advice(code or self.code)
        super().__init__(message or entry.message, code=entry.code, next_step=entry.next_step)
        self.status_word = status_word

    @property
    def advice(self) -> Advice:
        """The full entry: retryable, needs a person, replace the disk."""
        return advice(self.code)


class CardAbsentError(DiskError):
    """The disk is in no reader; nothing was sent."""

    code = "disk.absent"


class CardHostUnavailableError(DiskError):
    """The card host did not take the request, or is too busy; nothing was sent."""

    code = "disk.host_unavailable"
    status = 503


class CardNotReadError(DiskError):
    """A read broke off; reading changes nothing, so it may be repeated."""

    code = "disk.not_read"


class CardOutcomeUnknownError(DiskError):
    """Bytes of a changing command were sent and no verified answer came back: read before anything else."""

    code = "disk.outcome_unknown"


class RefusalUnprovedError(CardOutcomeUnknownError):
    """A taxpayer's PC says that the disk refused, and the disk has not proved it; read before anything else."""

    def __init__(self, refusal: CardRefusedError) -> None:
        super().__init__("disk.refusal_unproved")
        self.refusal = refusal


class WrongCardError(DiskError):
    """What sits in the reader cannot prove that it is the enrolled disk; nothing was sent to it."""

    code = "disk.identity_failed"


class ReaderBrokenError(DiskError):
    """The reader failed three times in a row and waits for a person's self-test; nothing was sent."""

    code = "disk.reader_broken"


class CardRefusedError(DiskError):
    """The disk said no; nothing changed on it."""

    code = "disk.refused"

    def __init__(self, code: str, *, status_word: int | None = None, tries_left: int | None = None) -> None:
        message: str | Promise = ""
        if code == "disk.pin_wrong" and tries_left is not None:
            message = _("设备口令错误，剩余 %(tries)d 次；设备没有打开，这次没有改动盘上数据。") % {"tries": tries_left}
        super().__init__(code, message=message, status_word=status_word)
        self.tries_left = tries_left


class PinAtAgentError(DiskError):
    """The disk sits at the taxpayer's PC; its PIN is given there and never travels."""

    code = "disk.pin_at_agent"


class BadSignatureError(DiskError):
    """What the disk or a carrier handed over does not verify with the enrolled key."""

    code = "disk.bad_signature"


class DeviceUnusableError(DiskError):
    """The disk is frozen, reported lost or cancelled at the hall."""

    code = "disk.frozen"


class OrderNotPossibleError(DiskError):
    """The last reading of the disk, or the ledger, shows that an order could not be carried out."""

    code = "disk.order_invalid"


class SignerNotHereError(TaxhallError):
    """This process is not the one that may sign for the hall."""

    code = "clear.signer_not_here"
    status = 403


class KeyChangedError(TaxhallError):
    """The hall signs with another key now; what the old one signed is not sent any more."""

    code = "clear.key_changed"

    def __init__(self) -> None:
        super().__init__(
            _("大厅的签名密钥已更换，用旧密钥签发的指令没有发送，没有改动设备。"),
            next_step=_("系统会用新密钥重新签发，不需要您操作。"),
        )


class LeaseLostError(ConflictError):
    """Another carrier holds the command now; this one may report evidence but send nothing."""

    code = "command.lease_lost"


class CommandConflictError(ConflictError):
    """The command is not in a state for this step, or the same key was used for something else."""

    code = "command.conflict"


class DiffersFromReviewError(ConflictError):
    """The disk's request does not match what was reviewed; it goes back to review, never on."""

    code = "clear.differs_from_review"

    def __init__(self, difference: str) -> None:
        entry = advice(self.code)
        super().__init__(entry.message, code=self.code, next_step=entry.next_step)
        self.difference = difference


class RequestConflictError(ConflictError):
    """A request about a disk cannot be made or decided as things are; nothing was changed."""

    code = "request.decided"

    def __init__(self, code: str = "request.decided") -> None:
        entry = advice(code)
        super().__init__(entry.message, code=entry.code, next_step=entry.next_step)


class CertificateRefusedError(TaxhallError):
    """The disk's certificate was not issued by the device CA, or names someone else."""

    code = "disk.certificate_refused"
    status = 422


class AgentRefusedError(TaxhallError):
    """A request that no agent of this hall made; says nothing about why."""

    code = "agent.refused"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("这台电脑没有通过身份验证，没有办理。"), next_step=_("请在税控设备页面重新连接这台电脑。"))


class AgentSessionError(TaxhallError):
    """The request is of another session, or a repeat; `last` is the number of the last session."""

    code = "agent.session"
    status = 409

    def __init__(self, last: int) -> None:
        super().__init__(_("这次请求不属于当前会话，没有办理。"))
        self.last = last


class AgentRevokedError(TaxhallError):
    """The company took this PC's right away."""

    code = "agent.revoked"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("这台电脑已被停用，不能再办理；已完成的结果仍可上报。"),
            next_step=_("需要继续使用的，请在税控设备页面重新连接这台电脑。"),
        )


class AgentProtocolError(TaxhallError):
    """The agent speaks a version that this hall does not."""

    code = "agent.protocol"
    status = 409

    def __init__(self, spoken: tuple[int, ...]) -> None:
        super().__init__(_("代理程序的版本与大厅不相配，没有办理。"), next_step=_("请安装最新版本的代理程序。"))
        self.spoken = spoken


class AgentCodeRefusedError(TaxhallError):
    """The one-time code is wrong, used or too old; the answer is the same for each."""

    code = "agent.code_refused"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("连接码不正确、已经用过或已过期，没有连接。"), next_step=_("请在税控设备页面重新生成连接码。")
        )


class PracticeRefusedError(InvalidInputError):
    """A fault was not made: no demo, no such disk, or not a virtual one."""

    code = "disk.practice_refused"

    def __init__(self, words: str) -> None:
        super().__init__(words, next_step=_("设备没有受影响；请检查后再试。"))
