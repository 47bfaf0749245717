"""Roles as people say them."""

from flask_babel import lazy_gettext as _l

from api.services.actor import Role

ROLES = {
    Role.REFERRER: _l("Référent·e"),
    Role.COORDINATOR: _l("Coordination"),
    Role.SHELTER: _l("Structure d’accueil"),
    Role.DECIDER: _l("Décision d’admission"),
    Role.ANALYST: _l("Observation"),
    Role.AUDITOR: _l("Contrôle du journal"),
    Role.ADMIN: _l("Administration"),
}
"""Role → words."""
