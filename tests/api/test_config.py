"""Settings come from the environment, frozen, or are refused by name."""

from dataclasses import FrozenInstanceError

import pytest

from api.config import DEMO_AUDIT_SECRET, DEMO_SECRET, ConfigError, Jobs, JobSettings, PostSettings, Settings

GOOD = {
    "ESCALE_DATABASE_URL": "postgresql+psycopg://u:hush@h/d",
    "ESCALE_REFERENCE_SECRET": "ab" * 32,
    "ESCALE_AUDIT_SECRET": "cd" * 32,
    "ESCALE_SESSION_SECRET": "ac" * 32,
    "ESCALE_AUDIT_SECRETS_OLD": f"{'ef' * 32},{'01' * 32}",
}


def test_read_from_the_environment() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.reference_secret == bytes.fromhex("ab" * 32)
    assert settings.demo is False
    assert "hush" not in repr(settings)
    assert settings.audit_secret == bytes.fromhex("cd" * 32)
    assert settings.audit_secrets_old == (bytes.fromhex("ef" * 32), bytes.fromhex("01" * 32))
    for secret in (settings.reference_secret, settings.audit_secret, *settings.audit_secrets_old):
        assert repr(secret) not in repr(settings)
    with pytest.raises(FrozenInstanceError):
        settings.demo = True  # type: ignore[misc]


def test_where_notifications_leave_from() -> None:
    assert Settings.from_env(GOOD).post == PostSettings()
    given = {
        "ESCALE_SMTP_URL": "smtps://escale:hush@mail.exemple.org",
        "ESCALE_MAIL_FROM": "escale@exemple.org",
        "ESCALE_SITE_URL": "https://escale.exemple.org/",
        "ESCALE_WEBHOOKS_LOOPBACK": "1",
    }
    post = Settings.from_env({**GOOD, **given}).post
    assert post == PostSettings(
        given["ESCALE_SMTP_URL"], "escale@exemple.org", "https://escale.exemple.org", loopback=True
    )
    assert "hush" not in repr(post)


def test_who_does_what_must_happen_later() -> None:
    assert Settings.from_env(GOOD).jobs == JobSettings(mode=Jobs.EMBEDDED)
    given = {
        "ESCALE_DATABASE_URL": "postgresql+psycopg://escale@h/d",
        "ESCALE_JOBS": "procrastinate",
        "ESCALE_NIGHTLY_HOUR": "4",
        "ESCALE_JOBS_SILENT_SECONDS": "90",
        "ESCALE_RUN_SECONDS": "600",
        "ESCALE_PING_URL": "https://watch.exemple.org/hush",
        "ESCALE_ANCHOR_FILE": "/mnt/elsewhere/anchors",
    }
    jobs = Settings.from_env({**GOOD, **given}).jobs
    assert jobs == JobSettings(
        Jobs.PROCRASTINATE, 4, 90, 600, "https://watch.exemple.org/hush", "/mnt/elsewhere/anchors"
    )
    assert "hush" not in repr(jobs)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESCALE_JOBS", "cron"),
        ("ESCALE_JOBS", "procrastinate"),
        ("ESCALE_NIGHTLY_HOUR", "24"),
        ("ESCALE_NIGHTLY_HOUR", "-1"),
        ("ESCALE_JOBS_SILENT_SECONDS", "0"),
        ("ESCALE_RUN_SECONDS", "soon"),
        ("ESCALE_PING_URL", "file:///hush"),
    ],
)
def test_a_wrong_setting_of_deferred_work_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        Settings.from_env({**GOOD, "ESCALE_DATABASE_URL": "sqlite:///e.db", name: value})
    assert "hush" not in str(refused.value)


def test_the_demo_needs_no_key_and_nothing_else_does_without() -> None:
    demo = Settings.from_env({"ESCALE_DEMO": "1"})
    assert (demo.reference_secret, demo.audit_secret) == (DEMO_SECRET, DEMO_AUDIT_SECRET)
    for name in ("ESCALE_REFERENCE_SECRET", "ESCALE_AUDIT_SECRET", "ESCALE_SESSION_SECRET"):
        with pytest.raises(ConfigError, match=name):
            Settings.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ESCALE_DATABASE_URL", "mysql://u:hush@h/d"),
        ("ESCALE_REFERENCE_SECRET", "hush"),
        ("ESCALE_REFERENCE_SECRET", "ab" * 31),
        ("ESCALE_AUDIT_SECRET", "hush"),
        ("ESCALE_AUDIT_SECRETS_OLD", f"{'ab' * 32},hush"),
        ("ESCALE_DEMO", "yes"),
        ("ESCALE_BODY_BYTES_MAX", "0"),
        ("ESCALE_BODY_BYTES_MAX", "1e6"),
        ("ESCALE_SMTP_URL", "http://u:hush@h"),
        ("ESCALE_SMTP_URL", "smtp://u:hush@h:99999"),
        ("ESCALE_SMTP_URL", "smtp://u:hush@h?starttls=no"),
        ("ESCALE_SMTP_URL", "smtp:///hush"),
        ("ESCALE_MAIL_FROM", "hush"),
        ("ESCALE_MAIL_FROM", "a@b\nBcc: hush@c"),
        ("ESCALE_SITE_URL", "hush"),
        ("ESCALE_WEBHOOKS_LOOPBACK", "yes"),
    ],
)
def test_a_wrong_setting_is_named_and_a_secret_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as refused:
        Settings.from_env({**GOOD, name: value})
    assert "hush" not in str(refused.value)
