"""Where the account library finds and keeps accounts: short transactions of the house, never one that stays open.

The library's own store for SQLAlchemy keeps one session for a whole request and commits it by itself; with SQLite that
would hold the only write lock while the page works. Here each search is one reading, and what the library changed is
written in one transaction when it says so.
"""

from dataclasses import fields
from typing import Any, Final

from flask import g
from flask_security import RoleMixin, UserDatastore
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from api.extensions.accounts.users import Credential, User
from api.runtime import runtime
from data.models.account import Account, Passkey
from data.session import reading, retrying

_WRITTEN: Final = (
    "password",
    "fs_uniquifier",
    "fs_webauthn_user_handle",
    "tf_primary_method",
    "tf_totp_secret",
    "mf_recovery_codes",
)
_SOUGHT: Final = {"id", "email", "fs_uniquifier", "fs_webauthn_user_handle"}
_PASSKEY: Final = tuple(field.name for field in fields(Credential) if field.name != "user_id")
_PENDING: Final = "escale_accounts_pending"


class Role(RoleMixin):
    """What the library calls a role; our roles are an account's own and another room's business."""

    name = ""


class Store(UserDatastore):
    """Accounts for the library."""

    def __init__(self) -> None:
        super().__init__(User, Role, Credential)

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> User | None:  # noqa: ANN401, FBT001, FBT002 (the library's own form)
        """Return the account with this identifier, address, key of sessions or handle of passkeys."""
        (name, value), *_ = wanted.items()
        if name not in _SOUGHT or value is None:
            return None
        column = getattr(Account, name)
        # Addresses are kept in small letters.
        wanted_value = func.lower(str(value)) if case_insensitive else value
        with reading(runtime().engine) as session:
            row = session.scalar(select(Account).where(column == wanted_value))
            return None if row is None else _user(session, row)

    def find_role(self, role: str) -> None:
        """Return nothing: the library knows no role."""

    def find_webauthn(self, credential_id: bytes) -> Credential | None:
        """Return a passkey by the identifier its device gave it."""
        with reading(runtime().engine) as session:
            row = session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))
            return None if row is None else _credential(row)

    def create_webauthn(self, user: User, credential_id: bytes, public_key: bytes, **given: Any) -> None:  # type: ignore[override]  # noqa: ANN401
        """Keep a new passkey of an account."""
        now = runtime().clock.now()
        _pending().append(
            Passkey(
                account_id=user.id, credential_id=credential_id, public_key=public_key, lastuse_datetime=now, **given
            )
        )

    def put(self, model: object) -> object:
        """Remember that a value changed, until `commit`."""
        if not any(model is each for each in _pending()):
            _pending().append(model)
        return model

    def delete(self, model: Credential) -> None:
        """Remove a passkey, at `commit`."""
        _pending().append(_Gone(model.id))

    def reload(self, model: object) -> None:
        """Do nothing: values are read anew for every request."""

    def commit(self) -> None:
        """Write what changed, in one transaction."""
        pending = list(_pending())
        if not pending:
            return

        def write(session: Session) -> None:
            for model in pending:
                _write(session, model)

        retrying(runtime().engine, write)
        _pending().clear()


class _Gone:
    """A passkey to be removed."""

    def __init__(self, passkey_id: str) -> None:
        self.passkey_id = passkey_id


def _pending() -> list[Any]:
    if _PENDING not in g:
        setattr(g, _PENDING, [])
    found: list[Any] = getattr(g, _PENDING)
    return found


def _write(session: Session, model: object) -> None:
    if isinstance(model, Passkey):
        # A copy: the transaction may be tried again.
        session.add(Passkey(**{name: getattr(model, name) for name in ("account_id", *_PASSKEY) if name != "id"}))
    elif isinstance(model, _Gone):
        session.execute(delete(Passkey).where(Passkey.id == model.passkey_id))
    elif isinstance(model, Credential):
        row = session.get_one(Passkey, model.id)
        row.sign_count, row.lastuse_datetime = model.sign_count, model.lastuse_datetime
    elif isinstance(model, User):
        account = session.get_one(Account, model.id, with_for_update=True)
        # Only what the library changed: nothing that somebody else changed meanwhile is put back.
        for name in _WRITTEN:
            if getattr(model, name) != model.before[name]:
                setattr(account, name, getattr(model, name))


def _user(session: Session, row: Account) -> User:
    passkeys = session.scalars(select(Passkey).where(Passkey.account_id == row.id).order_by(Passkey.name))
    return User(
        id=row.id,
        email=row.email,
        language=row.language,
        active=row.active,
        confirmed_at=row.confirmed_at,
        webauthn=[_credential(each) for each in passkeys],
        before={name: _copied(getattr(row, name)) for name in _WRITTEN},
        **{name: _copied(getattr(row, name)) for name in _WRITTEN},
    )


def _copied(value: object) -> Any:  # noqa: ANN401
    # The library takes used recovery codes out of the list itself.
    return list(value) if isinstance(value, list) else value


def _credential(row: Passkey) -> Credential:
    return Credential(user_id=row.account_id, **{name: getattr(row, name) for name in _PASSKEY})
