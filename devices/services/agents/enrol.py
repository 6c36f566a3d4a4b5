"""Letting a PC in with a one-time code, and taking its right away."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices import policies
from devices.errors import AgentCodeRefusedError, AgentProtocolError
from devices.gateway import pairing
from devices.gateway.pairing import Enrolment
from devices.models import Agent, AgentCode, AgentDisk
from devices.protocol.errors import ProtocolError
from devices.protocol.profiles import PublicKey
from taxhall.common.errors import ConflictError
from taxhall.common.policies import require

CODE_LIFE = timedelta(minutes=10)
MOST_CODES_PER_HOUR = 10
MOST_AGENTS = 20
GUESSING = "devices.agent_code"
STRANGER = "未连接的电脑"


@transaction.atomic
def create_agent_code(*, actor: User, taxpayer: Taxpayer) -> tuple[str, AgentCode]:
    """Return a new one-time code, said only now, and its row; older unused codes of the company die.

    Raises: NotPermittedError; ConflictError when the company made too many or has too many PCs.
    """
    require(policies.can_manage_agents(actor, taxpayer), _("您没有为本企业连接电脑的权限。"))
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    now = timezone.now()
    codes = AgentCode.objects.filter(taxpayer=taxpayer)
    if codes.filter(created_at__gt=now - timedelta(hours=1)).count() >= MOST_CODES_PER_HOUR:
        raise ConflictError(_("一小时内生成的连接码太多，没有生成。"), next_step=_("请过一小时再试。"))
    if Agent.objects.for_taxpayer(taxpayer).in_use().count() >= MOST_AGENTS:
        raise ConflictError(
            _("本企业连接的电脑已达 %(most)d 台，没有生成。") % {"most": MOST_AGENTS},
            next_step=_("请先停用不再使用的电脑。"),
        )
    codes.filter(used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
    text = pairing.make_code()
    row = AgentCode.objects.create(
        taxpayer=taxpayer, digest=_digest(text), created_by=actor, created_at=now, expires_at=now + CODE_LIFE
    )
    _audit(actor, "devices.agent_code_created", row, taxpayer)
    return text, row


def enrol_agent(*, enrolment: Enrolment, network: str) -> tuple[Agent, str]:
    """Let the PC in that was told the code, and return it with its token, said only now.

    Rule: the code is good for ten minutes and one use; whoever made it must still have the right; the new key
    signs the code, so that a code overheard cannot bind another key to this enrolment. Every wrong code counts.
    Raises: AgentCodeRefusedError, AgentProtocolError, GuessingPausedError.
    """
    if enrolment.protocol not in pairing.accepted_protocols():
        raise AgentProtocolError(pairing.accepted_protocols())
    reservation = account_services.count_guess(purpose=GUESSING, network=network)
    try:
        agent, token = _let_in(enrolment)
    except AgentCodeRefusedError:
        with transaction.atomic():
            account_services.record_audit_event(
                actor=None, action="devices.agent_code_refused", obj=None, label=STRANGER, data={"network": network}
            )
        raise
    account_services.forgive_guess(reservation)
    return agent, token


@transaction.atomic
def _let_in(enrolment: Enrolment) -> tuple[Agent, str]:
    now = timezone.now()
    codes = AgentCode.objects.select_for_update(of=("self",)).select_related("taxpayer", "created_by")
    code = codes.filter(digest=_digest(enrolment.code), used_at__isnull=True, expires_at__gt=now).first()
    if code is None or not policies.can_manage_agents(code.created_by, code.taxpayer) or not _holds_key(enrolment):
        raise AgentCodeRefusedError
    if Agent.objects.filter(public_key=enrolment.public_key).exists():
        raise AgentCodeRefusedError
    code.used_at = now
    code.save(update_fields=["used_at"])
    token = pairing.make_token()
    agent = Agent.objects.create(
        taxpayer=code.taxpayer,
        name=enrolment.name.strip()[:60] or "PC",
        platform=enrolment.platform[:60],
        version=enrolment.version[:20],
        protocol=enrolment.protocol,
        public_key=enrolment.public_key,
        token_digest=pairing.token_digest(token),
        enrolled_by=code.created_by,
        last_contact_at=now,
    )
    _audit(code.created_by, "devices.agent_enrolled", agent, code.taxpayer)
    return agent, token


def _holds_key(enrolment: Enrolment) -> bool:
    try:
        spki = bytes.fromhex(enrolment.public_key)
        key = PublicKey(pairing.ALGORITHM, spki)
        key.verify(bytes.fromhex(enrolment.signature), pairing.enrol_bytes(enrolment.code, spki))
    except (ProtocolError, ValueError):
        return False
    return True


@transaction.atomic
def revoke_agent(*, actor: User, agent: Agent) -> Agent:
    """Take a PC's right away at once; what its disks already did may still be reported.

    Raises: NotPermittedError. Revoking twice changes nothing.
    """
    require(policies.can_manage_agents(actor, agent.taxpayer), _("您没有停用本企业电脑的权限。"))
    locked = Agent.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=agent.pk)
    if locked.is_revoked:
        return locked
    locked.revoked_at, locked.revoked_by = timezone.now(), actor
    locked.save(update_fields=["revoked_at", "revoked_by", "updated_at"])
    AgentDisk.objects.filter(agent=locked).update(is_held=False, is_unlocked=False)
    _audit(actor, "devices.agent_revoked", locked, locked.taxpayer)
    return locked


def _digest(code: str) -> str:
    plain = pairing.plain_code(code)
    return salted_hmac("devices.agent_code", plain, algorithm="sha256").hexdigest()


def _audit(actor: User, action: str, obj: Agent | AgentCode, taxpayer: Taxpayer) -> None:
    data = {"name": obj.name, "version": obj.version} if isinstance(obj, Agent) else {}
    account_services.record_audit_event(actor=actor, action=action, obj=obj, taxpayer=taxpayer, data=data)
