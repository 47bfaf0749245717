"""Accounts and passkeys as the account library handles them: plain values, read and written by `store`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_security import UserMixin, WebAuthnMixin


@dataclass(eq=False)
class Credential(WebAuthnMixin):
    """A passkey; ``user_id`` is the account's."""

    id: str  # type: ignore[assignment]  # the library only compares it
    user_id: str
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str] | None
    backup_state: bool
    device_type: str
    extensions: str | None
    lastuse_datetime: datetime
    usage: str


@dataclass(eq=False, kw_only=True)
class User(UserMixin):
    """An account. The library changes some fields and asks the store to keep them."""

    id: str  # type: ignore[assignment]  # the library only compares it
    email: str
    language: str
    active: bool
    confirmed_at: datetime | None
    password: str | None
    fs_uniquifier: str = ""
    fs_webauthn_user_handle: str | None  # type: ignore[assignment]  # none before the first passkey
    tf_primary_method: str | None
    tf_totp_secret: str | None
    mf_recovery_codes: list[str] | None
    before: Mapping[str, Any]
    """The fields as they were read: only those that changed are written."""
    webauthn: list[Credential] = field(default_factory=list)  # type: ignore[assignment]
    tf_phone_number: None = None

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """None of the library's: our roles are another room's business."""
        return []
