"""Rows of people's accounts, for tests: invented addresses, no password but where a test sets one."""

import secrets
from datetime import timedelta
from typing import Any

from data.base import new_id
from data.models.account import Account, Invitation, LoginFailure, LoginSession, Passkey, SecondFactorReset
from data.models.organisation import Organisation, TokenRole
from tests.builders import NOW


def account(owner: Organisation, role: TokenRole = TokenRole.COORDINATOR, **given: Any) -> Account:  # noqa: ANN401
    identifier = new_id()
    return Account(
        **{
            "id": identifier,
            "organisation_id": owner.id,
            "role": role,
            "email": f"{identifier[:8]}@example.org",
            "language": "fr",
            "active": True,
            "fs_uniquifier": secrets.token_hex(32),
            "created_at": NOW,
            **given,
        }
    )


def passkey(of: Account, **given: Any) -> Passkey:  # noqa: ANN401
    return Passkey(
        **{
            "account_id": of.id,
            "credential_id": secrets.token_bytes(32),
            "public_key": b"k",
            "backup_state": False,
            "device_type": "single_device",
            "lastuse_datetime": NOW,
            "name": "clé",
            "usage": "secondary",
            **given,
        }
    )


def login_session(of: Account, **given: Any) -> LoginSession:  # noqa: ANN401
    return LoginSession(
        **{
            "account_id": of.id,
            "secret_hash": secrets.token_hex(32),
            "address_hash": secrets.token_hex(32),
            "started_at": NOW,
            "seen_at": NOW,
            **given,
        }
    )


def invitation(owner: Organisation, **given: Any) -> Invitation:  # noqa: ANN401
    return Invitation(
        **{
            "organisation_id": owner.id,
            "role": TokenRole.COORDINATOR,
            "email": f"{new_id()[:8]}@example.org",
            "secret_hash": secrets.token_hex(32),
            "created_at": NOW,
            "expires_at": NOW + timedelta(hours=72),
            **given,
        }
    )


def second_factor_reset(of: Account, asked_by: Account, **given: Any) -> SecondFactorReset:  # noqa: ANN401
    return SecondFactorReset(**{"account_id": of.id, "asked_by": asked_by.id, "asked_at": NOW, **given})


def login_failure() -> LoginFailure:
    return LoginFailure(key=secrets.token_hex(32), since=NOW, failures=1)
