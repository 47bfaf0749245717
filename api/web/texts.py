"""Words of the pages, in French and in English."""

from collections.abc import Mapping

from api.i18n import Language

PAGE_TEXTS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "title": "Escale",
        "tagline": "Une place sûre ce soir, dans toute la France.",
        "what": (
            "Ce service rapproche les demandes d’hébergement urgentes — jeunes victimes de traite, femmes enceintes, "
            "parents avec nouveau-né — des places libres, d’un département à l’autre, jamais dans une zone de danger."
        ),
        "state": "État du service",
        "ready": "La base de données est prête.",
        "not_ready": "La base de données n’est pas prête.",
        "demo": "Démonstration : toutes les données sont inventées.",
        "api": "Interface pour les programmes",
        "api_text": "Chaque organisation y accède avec son jeton. Description lisible par les machines :",
        "emergency": "En danger ou sans abri ce soir ? Appelez le 115, ou le 17 (112 depuis un mobile).",
        "other_language": "English",
        "error": "Cette page ne s’affiche pas",
        "back": "Retour à l’accueil",
    },
    "en": {
        "title": "Escale",
        "tagline": "A safe place tonight, anywhere in France.",
        "what": (
            "This service matches urgent requests for shelter — young victims of trafficking, pregnant women, parents "
            "with a newborn — with free places, across départements, never in a danger zone."
        ),
        "state": "State of the service",
        "ready": "The database is ready.",
        "not_ready": "The database is not ready.",
        "demo": "Demonstration: all data are invented.",
        "api": "Interface for programs",
        "api_text": "Each organisation uses it with its token. Machine-readable description:",
        "emergency": "In danger or without shelter tonight? Call 115, or 17 (112 from a mobile phone).",
        "other_language": "Français",
        "error": "This page cannot be shown",
        "back": "Back to the first page",
    },
}
"""Language → name of the text → text; both languages have the same names."""
