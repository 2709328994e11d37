"""Stripe's settings are checked, and no message repeats a secret."""

import pytest

from app.config import BadConfiguration, from_environment
from app.payments.registry import providers

NEEDED = {"DATABASE_URL": "postgresql://x/y", "REDIS_URL": "redis://x", "SECRET_KEY": "x" * 32}
STRIPE = {"STRIPE_SECRET_KEY": "sk_test_abc", "STRIPE_WEBHOOK_SECRETS": "whsec_a,whsec_b"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, ["manual"]), ({"DEMO": "1"}, ["demo_bank", "manual"]), (STRIPE, ["stripe", "manual"])],
    ids=["plain", "demo", "stripe"],
)
def test_what_is_offered(variables: dict[str, str], expected: list[str]) -> None:
    assert list(providers(from_environment({**NEEDED, **variables}))) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"STRIPE_WEBHOOK_SECRETS": ""},
        {"STRIPE_WEBHOOK_SECRETS": "hush"},
        {"STRIPE_WEBHOOK_SECRETS": "whsec_a, whsec_b"},
        {"STRIPE_SECRET_KEY": "pk_test_abc"},
        {"STRIPE_API_URL": "http://example.com"},
        {"STRIPE_API_URL": "https://example.com/"},
    ],
    ids=["no-secret", "other-secret", "blank", "publishable", "no-tls", "slash"],
)
def test_bad_settings_say_which(changed: dict[str, str]) -> None:
    with pytest.raises(BadConfiguration) as caught:
        from_environment({**NEEDED, **STRIPE, **changed})
    assert next(iter(changed)) in str(caught.value)
    assert "test_abc" not in str(caught.value)
    assert "hush" not in str(caught.value)
