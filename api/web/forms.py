"""Forms of the account pages, checked here again whatever the browser checked."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import EqualTo, InputRequired, Length

from api.extensions.accounts.roles import ROLES
from api.extensions.accounts.setup import PASSWORD_LENGTH_MIN
from api.services.actor import Role

PASSWORD_LENGTH_MAX = 128
"""Longest password: argon2 is asked for no novel."""


def options(listed: Iterable[tuple[str, object]]) -> list[Any]:
    """Make the options of a choice out of (value, label)."""
    return [SelectChoice(value, label) for value, label in listed]


class InvitationForm(FlaskForm):
    """Somebody who was invited chooses a password; the address is that of the invitation."""

    email = StringField(_l("Adresse électronique"), render_kw={"readonly": True})
    password = PasswordField(
        _l("Mot de passe"),
        validators=[
            InputRequired(_l("Choisissez un mot de passe.")),
            Length(PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX, _l("De %(min)d à %(max)d signes.")),
        ],
    )
    again = PasswordField(
        _l("Le même, encore une fois"),
        validators=[EqualTo("password", _l("Les deux mots de passe diffèrent."))],
    )


class InviteForm(FlaskForm):
    """An admin invites somebody into an organisation."""

    email = StringField(_l("Adresse électronique"), validators=[InputRequired(_l("Entrez l’adresse."))])
    organisation_id = SelectField(_l("Organisation"), validate_choice=True)
    role = SelectField(_l("Rôle"), choices=options(ROLES.items()), coerce=Role)
