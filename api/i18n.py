"""Words for people, in French and in English, for every reason a service may give.

One table; `tests/api/test_i18n.py` checks that every `Reason` is worded in both languages with the same values.
"""

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from api.services.errors import Params
from api.services.reasons import Reason

Language: TypeAlias = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")

TEXTS: Mapping[Reason, tuple[str, str]] = {
    Reason.NOT_AUTHENTICATED: (
        "Jeton d’accès absent, inconnu, expiré ou révoqué. Envoyez « Authorization: Bearer … » avec un jeton valide.",
        "The access token is missing, unknown, expired or revoked. Send “Authorization: Bearer …” with a valid one.",
    ),
    Reason.NOT_ALLOWED: ("Votre rôle ne permet pas cette action.", "Your role does not allow this."),
    Reason.NOT_FOUND: ("Rien à cette adresse pour vous.", "There is nothing for you at this address."),
    Reason.INVALID: (
        "Certains champs sont à corriger : voir « errors ».",
        "Some fields need correcting: see “errors”.",
    ),
    Reason.MALFORMED: ("Le corps n’est pas du JSON lisible.", "The body is not readable JSON."),
    Reason.TOO_LARGE: ("Le corps dépasse {max} octets.", "The body is larger than {max} bytes."),
    Reason.JSON_ONLY: (
        "Envoyez du JSON, avec « Content-Type: application/json ».",
        "Send JSON, with “Content-Type: application/json”.",
    ),
    Reason.METHOD_NOT_ALLOWED: (
        "Cette adresse n’accepte pas cette méthode.",
        "This address does not accept this method.",
    ),
    Reason.MISSING: ("À remplir.", "Give a value."),
    Reason.UNKNOWN_FIELD: (
        "Champ inconnu : retirez-le ou vérifiez son nom.",
        "Unknown field: remove it or check its name.",
    ),
    Reason.NOT_NULL: ("Ne peut pas être vide (null).", "May not be null."),
    Reason.WRONG_TYPE: ("Type attendu : {expected}.", "Expected type: {expected}."),
    Reason.NOT_AMONG: ("Valeurs possibles : {choices}.", "Possible values: {choices}."),
    Reason.OUT_OF_RANGE: ("Hors limites ({detail}).", "Out of range ({detail})."),
    Reason.WRONG_LENGTH: ("Longueur incorrecte ({detail}).", "Wrong length ({detail})."),
    Reason.WRONG_FORM: ("Forme incorrecte.", "Not in the expected form."),
    Reason.UNKNOWN_CODE: (
        "Code inconnu « {code} » : voir /api/v1/reference.",
        "Unknown code “{code}”: see /api/v1/reference.",
    ),
    Reason.REPEATED: ("« {code} » est donné deux fois.", "“{code}” is given twice."),
    Reason.UNKNOWN_COMMUNE: (
        "Code INSEE de commune inconnu : cherchez-la par /api/v1/reference/communes.",
        "Unknown INSEE code of a commune: look it up at /api/v1/reference/communes.",
    ),
    Reason.BAD_CURSOR: (
        "Curseur illisible : reprenez celui de la page précédente, ou aucun.",
        "Unreadable cursor: use the one the page before gave, or none.",
    ),
    Reason.IF_MATCH_MISSING: (
        "Lisez d’abord la ressource, puis renvoyez son ETag dans « If-Match ».",
        "Read the resource first, then send its ETag back in “If-Match”.",
    ),
    Reason.STALE: (
        "Quelqu’un l’a modifié depuis votre lecture : relisez, puis recommencez.",
        "Somebody changed it since you read it: read it again, then retry.",
    ),
    Reason.KEY_REUSED: (
        "Cette clé d’idempotence a déjà servi pour un autre envoi : prenez-en une neuve.",
        "This idempotency key was already used for something else: take a new one.",
    ),
    Reason.KEY_MALFORMED: (
        "Une clé d’idempotence a de 1 à 64 lettres, chiffres, tirets ou soulignés.",
        "An idempotency key is 1 to 64 letters, digits, hyphens or underscores.",
    ),
    Reason.NIGHT_PAST: (
        "Cette nuit est passée : la première possible est le {tonight}.",
        "This night is over: the first possible is {tonight}.",
    ),
    Reason.NIGHT_TOO_FAR: (
        "Trop loin : au plus tard le {latest}.",
        "Too far ahead: {latest} at the latest.",
    ),
    Reason.LATEST_BEFORE_FIRST: (
        "La dernière nuit acceptée précède la première demandée.",
        "The latest night is before the first one asked for.",
    ),
    Reason.IN_FUTURE: ("Cette date est dans l’avenir.", "This date is in the future."),
    Reason.TOO_OLD: ("Trop ancien : au plus tôt le {earliest}.", "Too old: {earliest} at the earliest."),
    Reason.ONE_PRINCIPAL: (
        "Un membre, et un seul, a le rôle « principal » ({count} donné).",
        "Exactly one member has the role “principal” ({count} given).",
    ),
    Reason.AGE_TOO_HIGH: (
        "Âge en {unit} : {max} au plus ; sinon changez d’unité.",
        "Age in {unit}: {max} at most; else change the unit.",
    ),
    Reason.BOTH_OR_NEITHER: (
        "Semaines de grossesse et date de ce compte vont ensemble.",
        "Weeks of pregnancy and the date they were counted go together.",
    ),
    Reason.DATE_NEEDED: (
        "Donnez jusqu’à quelle nuit cet abri tient.",
        "Give the last night of this shelter.",
    ),
    Reason.DEPARTEMENT_NEEDED: (
        "Une zone de type « departement » nomme un département.",
        "A zone of kind “departement” names a département.",
    ),
    Reason.CIRCLE_NEEDED: (
        "Une zone de type « circle » a une commune et un rayon en km.",
        "A zone of kind “circle” has a commune and a radius in km.",
    ),
    Reason.NOT_FOR_THIS_ZONE: (
        "Ce champ n’a pas de sens pour une zone de type « {kind} ».",
        "This field has no meaning for a zone of kind “{kind}”.",
    ),
    Reason.ANCHOR_NEEDED: (
        "Une distance maximale se mesure à une commune : donnez anchor_insee.",
        "A maximum distance is measured to a commune: give anchor_insee.",
    ),
    Reason.OTHER_DEPARTEMENT: (
        "Votre organisation dépose des demandes pour son seul département ({departement}).",
        "Your organisation files requests for its own département only ({departement}).",
    ),
    Reason.OVERRIDE_NEEDS_REASON: (
        "Une classe choisie à la main se motive : remplissez priority_overridden_because.",
        "A class chosen by hand needs its reason: fill in priority_overridden_because.",
    ),
    Reason.COORDINATOR_ONLY: (
        "Seule une coordination peut remplir ce champ.",
        "Only a coordination may fill in this field.",
    ),
    Reason.MINORITY_OF_ADULT: (
        "Une situation de minorité reconnue ne va pas avec un âge de {years} ans.",
        "A recognised minority does not go with an age of {years}.",
    ),
    Reason.NOT_AMENDABLE: (
        "Dans l’état « {state} », la demande ne change plus.",
        "In the state “{state}” the request no longer changes.",
    ),
    Reason.KIND_UNKNOWN: (
        "Type de place inconnu : voir /api/v1/reference/place-kinds.",
        "Unknown kind of place: see /api/v1/reference/place-kinds.",
    ),
    Reason.LESS_SECRET: (
        "Ce type de place est au moins « {disclosure} » : il ne peut pas être plus ouvert.",
        "This kind of place is at least “{disclosure}”: it cannot be more open.",
    ),
    Reason.COORDINATES_TOGETHER: (
        "Latitude et longitude vont ensemble.",
        "Latitude and longitude go together.",
    ),
    Reason.AGES_ORDER: (
        "L’âge minimal dépasse l’âge maximal.",
        "The youngest age is above the oldest.",
    ),
    Reason.UNTIL_BEFORE_FROM: (
        "La fin doit suivre le début.",
        "The end must come after the beginning.",
    ),
    Reason.OVERLAP: (
        "Deux périodes libres d’une place privée se chevauchent le {night}.",
        "Two free intervals of a private place overlap on {night}.",
    ),
    Reason.MORE_THAN_PLACE: (
        "La place n’en a que {max}.",
        "The place has only {max}.",
    ),
    Reason.BELOW_OCCUPIED: (
        "Des lits de cette place sont occupés ou retenus au-delà de ce nombre.",
        "More beds of this place are occupied or held than that.",
    ),
    Reason.DEPARTEMENT_OF_KIND: (
        "La commune est dans le département {departement}.",
        "The commune is in département {departement}.",
    ),
    Reason.NOT_AN_ADDRESS: ("Ce n’est pas une adresse électronique.", "This is not an e-mail address."),
    Reason.NOT_VERIFIED: (
        "Cette organisation n’existe pas ou n’a pas encore été vérifiée.",
        "This organisation does not exist or has not been verified yet.",
    ),
    Reason.ACCOUNT_EXISTS: ("Cette adresse a déjà un compte.", "This address already has an account."),
    Reason.OWN_ACCOUNT: (
        "C’est votre propre compte : une autre personne doit le faire.",
        "This is your own account: somebody else has to do it.",
    ),
    Reason.TWO_PEOPLE: (
        "Il y faut deux personnes : celle qui demande et une autre qui confirme.",
        "It takes two people: one who asks and another who confirms.",
    ),
    Reason.LOGIN_REFUSED: (
        "Adresse, mot de passe ou code incorrect.",
        "The address, the password or the code is wrong.",
    ),
    Reason.TRY_LATER: (
        "Trop d’essais. Réessayez dans {minutes} min.",
        "Too many attempts. Try again in {minutes} min.",
    ),
    Reason.RUN_BUSY: (
        "Un autre rapprochement est en cours : attendez qu’il finisse, ou demandez le vôtre sans l’attendre.",
        "Another run is being made: wait until it ends, or ask for yours without waiting for it.",
    ),
    Reason.NOT_IN_STATE: (
        "Dans l’état « {state} », ce n’est plus possible.",
        "In the state “{state}” this is no longer possible.",
    ),
    Reason.TOO_LATE: (
        "Le délai de réponse est passé : la proposition n’est plus ouverte.",
        "The time to answer has passed: the proposal is no longer open.",
    ),
    Reason.NOTHING_TO_DECIDE: (
        "Aucune décision extérieure n’est attendue ici.",
        "No outside decision is awaited here.",
    ),
    Reason.BEDS_TAKEN: (
        "Ces lits ne sont plus libres : quelqu’un a été plus rapide.",
        "These beds are no longer free: somebody was faster.",
    ),
    Reason.TEXT_WITHOUT_OTHER: (
        "Un texte ne va qu’avec le motif « other ».",
        "A text goes with the reason “other” only.",
    ),
    Reason.NOT_WITH_ANSWER: ("Ce champ ne va pas avec cette réponse.", "This field does not go with this answer."),
    Reason.IN_PAST: ("Cette date est passée.", "This date has passed."),
    Reason.TOO_EARLY: (
        "Pas avant la nuit du {night}.",
        "Not before the night of {night}.",
    ),
    Reason.NOT_RENEWABLE: (
        "Ce séjour ne peut pas aller au-delà du {latest}.",
        "This stay cannot go beyond {latest}.",
    ),
    Reason.NOT_LONGER: (
        "Une prolongation finit après le {until} : pour un départ plus tôt, annoncez-le.",
        "A renewal ends after {until}: for an earlier departure, announce it.",
    ),
    Reason.NOT_ADMISSIBLE: (
        "Ce plan n’est plus admissible : demandez de nouveau la liste.",
        "This plan is no longer admissible: ask for the list again.",
    ),
    Reason.REFUSED_BEFORE: (
        "Déjà refusé, et rien n’a changé depuis : confirmez avec « override ».",
        "Refused before, and nothing has changed since: confirm with “override”.",
    ),
    Reason.CANDIDATE_GONE: (
        "Cette proposition de la liste a expiré : demandez la liste de nouveau.",
        "This entry of the list has expired: ask for the list again.",
    ),
    Reason.NOT_RESERVED: (
        "Cette place n’est pas réservée à ce département.",
        "This place is not reserved to this département.",
    ),
    Reason.WAIVER_STANDS: (
        "Une levée de cette réservation existe déjà pour cette demande.",
        "A waiver of this reservation already exists for this request.",
    ),
    Reason.RUN_LOST: (
        "Trop de choses ont changé pendant le calcul : relancez le rapprochement.",
        "Too much changed while this was computed: start the run again.",
    ),
    Reason.RUN_FAILED: (
        "Le calcul a échoué ; rien n’a été écrit. Relancez, puis prévenez l’assistance.",
        "The computation failed; nothing was written. Start again, then tell the support.",
    ),
    Reason.WRONG_EMAIL: (
        "Adresse électronique attendue, sans accent : nom@domaine.",
        "An e-mail address is expected, without accents: name@domain.",
    ),
    Reason.WRONG_URL: (
        "Adresse https attendue, sans mot de passe ni « # ».",
        "An https address is expected, without a password or “#”.",
    ),
    Reason.WRONG_CODE: (
        "Ce n’est pas le code envoyé à cette adresse.",
        "This is not the code that was sent to this address.",
    ),
    Reason.NOT_A_WEBHOOK: (
        "Seul un webhook a un secret.",
        "Only a webhook has a secret.",
    ),
    Reason.ALREADY_THERE: ("Il y est déjà.", "It is there already."),
    Reason.TOO_MANY: ("Vous en avez déjà {max}, le plus possible.", "You already have {max}, the most there may be."),
    Reason.JOBS_SILENT: (
        "Le travail différé (délais, rapprochements, notifications) ne se fait plus : prévenez qui tient le service.",
        "Deferred work (deadlines, matching, notifications) is not being done: tell whoever runs the service.",
    ),
    Reason.NOBODY_EXPECTED: (
        "Personne n’y est attendu : la proposition n’est pas acceptée, ou le ménage est arrivé.",
        "Nobody is expected there: the proposal is not accepted, or the household has arrived.",
    ),
    Reason.NOT_A_JOURNEY: (
        "Un trajet part dans les 60 jours, et arrive après son départ, {hours} heures plus tard au plus.",
        "A journey leaves within 60 days, and arrives after it leaves, {hours} hours later at most.",
    ),
    Reason.NOT_SHOWN: (
        "Le lieu de rendez-vous ne se montre qu’à qui va chercher le ménage, tant qu’il est attendu.",
        "The meeting point is shown only to whoever fetches the household, while it is expected.",
    ),
    Reason.NOT_WHILE_OPEN: (
        "Une étape qui n’est pas faite n’a pas de date de réalisation.",
        "A step that is not done has no date on which it was done.",
    ),
    Reason.ONLY_AN_ORDER: (
        "Seule une ordonnance de placement a une date d’expiration.",
        "Only a placement order has a date on which it expires.",
    ),
    Reason.NOT_READY: (
        "La base de données n’est pas prête. Réessayez dans un instant.",
        "The database is not ready. Try again in a moment.",
    ),
    Reason.OUTCOME_UNKNOWN: (
        "La liaison avec la base s’est rompue : on ne sait pas si c’est fait. Répétez avec la même Idempotency-Key.",
        "The connection to the database broke: it may have been done or not. Repeat it with the same Idempotency-Key.",
    ),
    Reason.INTERNAL: (
        "Erreur de notre côté ; rien n’a été écrit. Réessayez, puis prévenez l’assistance.",
        "An error on our side; nothing was written. Try again, then tell the support.",
    ),
}


def word(reason: Reason, params: Params, language: Language) -> str:
    """Return the sentence for a reason.

    Parameters
    ----------
    reason : Reason
        Why.
    params : mapping
        Values the sentence names.
    language : {"fr", "en"}
        Of the sentence.
    """
    return TEXTS[reason][LANGUAGES.index(language)].format(**params)


# marshmallow's own sentences, brought back to reasons so that they are worded here like all others.
_MARSHMALLOW: tuple[tuple[re.Pattern[str], Reason], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"Missing data for required field\.", Reason.MISSING),
        (r"Unknown field\.", Reason.UNKNOWN_FIELD),
        (r"Field may not be null\.", Reason.NOT_NULL),
        (r"Not a valid (?:utf-8 )?(?:mapping type|(?P<expected>[\w\- ]+))\.", Reason.WRONG_TYPE),
        (r"Invalid (?:input )?(?:type|value)\.", Reason.WRONG_TYPE),
        (r"Special numeric values .*", Reason.WRONG_TYPE),
        (r"Number too large\.", Reason.OUT_OF_RANGE),
        (r"Must be one of: (?P<choices>.*)\.", Reason.NOT_AMONG),
        (r"Must be (?P<detail>(?:greater|less) than .*)\.", Reason.OUT_OF_RANGE),
        (r"(?P<detail>(?:Shorter|Longer) than .*|Length must be .*)\.", Reason.WRONG_LENGTH),
        (r"String does not match expected pattern\.", Reason.WRONG_FORM),
        (r"Invalid JSON body\.", Reason.MALFORMED),
    )
)
_DEFAULTS: Params = {"expected": "JSON object", "detail": "number too large"}
_SYMBOLS = (
    ("greater than or equal to ", "≥ "),
    ("less than or equal to ", "≤ "),
    ("greater than ", "> "),
    ("less than ", "< "),
    (" and ", ", "),
    ("Shorter than minimum length ", "≥ "),
    ("Longer than maximum length ", "≤ "),
    ("Length must be between ", ""),
    ("Length must be ", ""),
)


def translate(message: str, language: Language) -> str:
    """Word a sentence of the schema library like ours; one it does not know is given as it is (English).

    Parameters
    ----------
    message : str
        As marshmallow writes it.
    language : {"fr", "en"}
        Of the answer.
    """
    for pattern, reason in _MARSHMALLOW:
        found = pattern.fullmatch(message)
        if found:
            given = {key: text for key, text in found.groupdict().items() if text is not None}
            if "detail" in given:
                for phrase, sign in _SYMBOLS:
                    given["detail"] = given["detail"].replace(phrase, sign)
            return word(reason, {**_DEFAULTS, **given}, language)
    return message
