"""Who uses the hall: organisations, people, what they did and were told."""

from __future__ import annotations

from accounts.models.audit import AuditEvent
from accounts.models.held import HeldFile
from accounts.models.notices import Notice, StaffNotice
from accounts.models.organisations import Bureau, Taxpayer
from accounts.models.oversight import EmergencyAccess, PostChange
from accounts.models.people import Membership, OfficerPost, Person, User, UserManager
from accounts.models.phones import PhoneCode
from accounts.models.safeguards import IdempotentRequest, LoginThrottle
from accounts.models.scans import FileScan
from accounts.models.second_person import SecondPersonModel, second_person_constraints
from accounts.models.texts import TextMessage

__all__ = [
    "AuditEvent",
    "Bureau",
    "EmergencyAccess",
    "FileScan",
    "HeldFile",
    "IdempotentRequest",
    "LoginThrottle",
    "Membership",
    "Notice",
    "OfficerPost",
    "Person",
    "PhoneCode",
    "PostChange",
    "SecondPersonModel",
    "StaffNotice",
    "Taxpayer",
    "TextMessage",
    "User",
    "UserManager",
    "second_person_constraints",
]
