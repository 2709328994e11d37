"""Whether a way to pay lets us in: asked without moving anything."""

from app.channels import checking
from app.config import Config


def check(provider: str, config: Config) -> str:
    """As channels say it (channels/checking.py). Raises KeyError for a way that has nobody to ask."""
    return {"stripe": _stripe}[provider](config)


def _stripe(config: Config) -> str:
    return checking.asked(f"{config.stripe_api_url}/v1/balance", f"Bearer {config.stripe_secret_key}")
