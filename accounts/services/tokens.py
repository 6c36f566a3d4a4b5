"""API tokens: kept as a digest, expiring, for taxpayers only."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from knox.models import AuthToken

from accounts.models import User
from accounts.services.audit import record_audit_event
from accounts.services.sign_in import Origin, sign_in_taxpayer


def create_token(*, identifier: str, password: str, origin: Origin) -> tuple[str, datetime, User]:
    """Return a new token, when it expires and whose it is, for the password of a taxpayer's account.

    Officers have no token by password: their password alone opens nothing.
    Raises: SignInRefusedError, SignInPausedError, SignInClosedError.
    """
    user = sign_in_taxpayer(identifier=identifier, password=password, origin=origin)
    with transaction.atomic():
        token, text = AuthToken.objects.create(user=user)
        record_audit_event(actor=user, action="accounts.token_created", obj=user, data={"token": token.token_key[:8]})
    return text, token.expiry, user


@transaction.atomic
def revoke_token(*, actor: User, token: AuthToken) -> None:
    """End one token at once."""
    AuthToken.objects.filter(pk=token.pk, user=actor.pk).delete()
    record_audit_event(actor=actor, action="accounts.token_revoked", obj=actor, data={"token": token.token_key[:8]})


@transaction.atomic
def revoke_all_tokens(*, actor: User) -> int:
    """End all of the account's tokens at once; return how many."""
    count: int = AuthToken.objects.filter(user=actor.pk).delete()[0]
    record_audit_event(actor=actor, action="accounts.tokens_revoked", obj=actor, data={"count": count})
    return count
