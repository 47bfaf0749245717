"""Who is asking: an organisation in one role, and the account of the person when there is one."""

from dataclasses import dataclass

from data.models.organisation import OrganisationKind
from data.models.organisation import TokenRole as Role

__all__ = ["Actor", "OrganisationKind", "Role"]


@dataclass(frozen=True, slots=True)
class Actor:
    """An organisation acting in a role. Made by `api.services.tokens.resolve` and `api.services.tokens.acting`.

    Parameters
    ----------
    organisation_id : str
        Of the organisation.
    role : Role
        What it is doing here.
    token_id : str or None
        The token it came with; None for the command line and the jobs.
    kind : OrganisationKind
        What the organisation is, read with the token: never older than the request it serves.
    departement : str or None
        Code of its département; None for a national one.
    decides : tuple of str
        Codes of the vocabulary's deciders: whose admissions it decides.
    account_id : str or None
        The person at work in a browser; None for a program.
    """

    organisation_id: str
    role: Role
    token_id: str | None
    kind: OrganisationKind
    departement: str | None = None
    decides: tuple[str, ...] = ()
    account_id: str | None = None

    @property
    def territory(self) -> str | None:
        """Département whose requests the caller coordinates: a SIAO's own; None for everyone else.

        A national coordination has none: it coordinates the requests it filed itself.
        """
        coordinates = self.role is Role.COORDINATOR and self.kind is OrganisationKind.SIAO
        return self.departement if coordinates else None
