"""Codes of authenticator applications, each good for one use."""

from flask_security import Totp
from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from api.extensions.accounts.users import User
from api.runtime import runtime
from data.models.account import Account
from data.session import retrying

CLOCK_SKEW_SECONDS = 30
"""A code counts for its own half minute and the ones beside it."""


class OneUseTotp(Totp):
    """The library's codes; the last one used is remembered, so that of two who try one code only one gets in."""

    def verify_totp(self, token: str, totp_secret: str, user: User, window: int = 0) -> bool:  # type: ignore[override]
        """Tell whether a code is right and was not used before; it is used from then on."""
        del window
        try:
            match = self._totp.verify(token, totp_secret, window=CLOCK_SKEW_SECONDS)
        except ValueError:  # the library of codes derives its refusals from it
            return False
        counter = int(match.counter)
        unused = or_(Account.tf_last_counter.is_(None), Account.tf_last_counter < counter)

        def use(session: Session) -> bool:
            statement = update(Account).where(Account.id == user.id, unused).values(tf_last_counter=counter)
            return session.execute(statement.returning(Account.id)).first() is not None

        return retrying(runtime().engine, use)
