"""May this actor do this in filing?"""

from __future__ import annotations

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from filing.models import TaxReturn


def can_start_return(actor: User, taxpayer: Taxpayer) -> bool:
    """Say whether the actor may begin a return: 法定代表人, 财务负责人, 管理员, 办税员; not 开票员."""
    return account_policies.can_file_return(actor, taxpayer)


def can_change_return(actor: User, tax_return: TaxReturn) -> bool:
    """Say whether the actor may fill in, submit, pay or void a return."""
    return account_policies.can_file_return(actor, tax_return.taxpayer)
