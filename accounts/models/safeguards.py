"""Rows that hold off guessing and repetition."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.choices import RequestState, ThrottleScope
from accounts.models.people import User


class LoginThrottle(models.Model):
    """Consecutive failures of one kind of sign-in for one key; removed by a success.

    The key is a digest, so a name that does not exist is counted like one that does, and what a
    person typed into the wrong field is not kept.
    """

    scope = models.CharField(_("范围"), max_length=20, choices=ThrottleScope)
    key_digest = models.CharField(_("键摘要"), max_length=64)
    failures = models.PositiveIntegerField(_("连续失败次数"), default=0, validators=[MinValueValidator(0)])
    last_failure_at = models.DateTimeField(_("最近失败时间"), default=timezone.now)
    blocked_until = models.DateTimeField(_("暂停至"), null=True, blank=True)

    class Meta:
        verbose_name = _("登录限制")
        verbose_name_plural = _("登录限制")
        indexes = [models.Index(fields=["last_failure_at"], name="accounts_loginthrottle_age")]
        constraints = [
            models.UniqueConstraint(fields=["scope", "key_digest"], name="accounts_loginthrottle_once"),
            models.CheckConstraint(
                name="accounts_loginthrottle_scope_known", condition=models.Q(scope__in=ThrottleScope.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.failures}"


class IdempotentRequest(models.Model):
    """One unsafe API call and, once it is done, the answer that a repeat receives byte for byte."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("用户"))
    key = models.CharField(_("幂等键"), max_length=128)
    route = models.CharField(_("路径"), max_length=300)
    body_digest = models.CharField(_("内容摘要"), max_length=64)
    state = models.CharField(_("状态"), max_length=10, choices=RequestState, default=RequestState.RUNNING)
    attempt = models.PositiveIntegerField(_("次数"), default=1)
    # The roles and posts that the caller had; the answer is given again only to who still has them.
    access = models.JSONField(_("办理时的身份和岗位"), default=list)
    started_at = models.DateTimeField(_("开始时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    expires_at = models.DateTimeField(_("保留至"))
    response_status = models.PositiveSmallIntegerField(_("应答状态"), null=True, blank=True)
    response_type = models.CharField(_("应答类型"), max_length=100, blank=True)
    response_body = models.BinaryField(_("应答内容"), null=True, blank=True)

    class Meta:
        verbose_name = _("幂等请求")
        verbose_name_plural = _("幂等请求")
        indexes = [models.Index(fields=["expires_at"], name="accounts_idempotent_expiry")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="accounts_idempotentrequest_once"),
            models.CheckConstraint(
                name="accounts_idempotentrequest_done_has_answer",
                condition=models.Q(state=RequestState.RUNNING, response_body__isnull=True)
                | models.Q(
                    state=RequestState.DONE,
                    response_body__isnull=False,
                    response_status__isnull=False,
                    finished_at__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
