"""Why a service said no: codes for programs, worded for people in `api.i18n`."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable codes; clients may rely on them, so they are added and never renamed."""

    # Who is asking
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    # What was sent
    INVALID = "invalid"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    JSON_ONLY = "json_only"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    NOT_NULL = "not_null"
    WRONG_TYPE = "wrong_type"
    NOT_AMONG = "not_among"
    OUT_OF_RANGE = "out_of_range"
    WRONG_LENGTH = "wrong_length"
    WRONG_FORM = "wrong_form"
    UNKNOWN_CODE = "unknown_code"
    REPEATED = "repeated"
    UNKNOWN_COMMUNE = "unknown_commune"
    BAD_CURSOR = "bad_cursor"
    # Versions and retries
    IF_MATCH_MISSING = "if_match_missing"
    STALE = "stale"
    KEY_REUSED = "key_reused"
    KEY_MALFORMED = "key_malformed"
    # Requests
    NIGHT_PAST = "night_past"
    NIGHT_TOO_FAR = "night_too_far"
    LATEST_BEFORE_FIRST = "latest_before_first"
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    ONE_PRINCIPAL = "one_principal"
    AGE_TOO_HIGH = "age_too_high"
    BOTH_OR_NEITHER = "both_or_neither"
    DATE_NEEDED = "date_needed"
    DEPARTEMENT_NEEDED = "departement_needed"
    CIRCLE_NEEDED = "circle_needed"
    NOT_FOR_THIS_ZONE = "not_for_this_zone"
    ANCHOR_NEEDED = "anchor_needed"
    OTHER_DEPARTEMENT = "other_departement"
    OVERRIDE_NEEDS_REASON = "override_needs_reason"
    COORDINATOR_ONLY = "coordinator_only"
    MINORITY_OF_ADULT = "minority_of_adult"
    NOT_AMENDABLE = "not_amendable"
    # Inventory
    KIND_UNKNOWN = "kind_unknown"
    LESS_SECRET = "less_secret"  # noqa: S105 (a level of disclosure)
    COORDINATES_TOGETHER = "coordinates_together"
    AGES_ORDER = "ages_order"
    UNTIL_BEFORE_FROM = "until_before_from"
    OVERLAP = "overlap"
    MORE_THAN_PLACE = "more_than_place"
    BELOW_OCCUPIED = "below_occupied"
    DEPARTEMENT_OF_KIND = "departement_of_kind"
    # Runs
    RUN_LOST = "run_lost"
    RUN_BUSY = "run_busy"
    RUN_FAILED = "run_failed"
    # The machine
    NOT_READY = "not_ready"
    INTERNAL = "internal"
