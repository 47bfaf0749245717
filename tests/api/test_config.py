"""Settings come from the environment, frozen, or are refused by name."""

from dataclasses import FrozenInstanceError

import pytest

from api.config import DEMO_SECRET, ConfigError, Settings

GOOD = {"ESCALE_DATABASE_URL": "postgresql+psycopg://u:hush@h/d", "ESCALE_REFERENCE_SECRET": "ab" * 32}


def test_read_from_the_environment() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.reference_secret == bytes.fromhex("ab" * 32)
    assert settings.demo is False
    assert "hush" not in repr(settings)
    assert "abab" not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.demo = True  # type: ignore[misc]


def test_the_demo_needs_no_key_and_nothing_else_does_without() -> None:
    assert Settings.from_env({"ESCALE_DEMO": "1"}).reference_secret == DEMO_SECRET
    with pytest.raises(ConfigError, match="ESCALE_REFERENCE_SECRET"):
        Settings.from_env({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESCALE_DATABASE_URL", "mysql://u:hush@h/d"),
        ("ESCALE_REFERENCE_SECRET", "hush"),
        ("ESCALE_REFERENCE_SECRET", "ab" * 31),
        ("ESCALE_DEMO", "yes"),
        ("ESCALE_BODY_BYTES_MAX", "0"),
        ("ESCALE_BODY_BYTES_MAX", "1e6"),
    ],
)
def test_a_wrong_setting_is_named_and_a_secret_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        Settings.from_env({**GOOD, name: value})
    assert "hush" not in str(refused.value)
