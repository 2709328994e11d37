"""What the deployment decides, read once from the environment and checked there. Staff-changeable numbers live in the stores."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
API_URL = r"^(https://|http://127\.0\.0\.1:)[^/\s]+$"
RATES = r"^(|[a-z]+=[1-9][0-9]{0,4}(,[a-z]+=[1-9][0-9]{0,4})*)$"
Positive = Annotated[int, msgspec.Meta(ge=1)]


class BadConfiguration(Exception):
    """One sentence that says which variable is wrong and what would be right."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment's settings; each field is the environment variable of the same name in capitals."""

    database_url: str
    redis_url: str
    secret_key: Annotated[str, msgspec.Meta(min_length=32)]
    link_keys: Annotated[
        str, msgspec.Meta(pattern=r"^(|[A-Za-z0-9_-]{1,16}:[^\s,]{32,}(,[A-Za-z0-9_-]{1,16}:[^\s,]{32,})*)$")
    ] = ""
    database_owner_url: str = ""
    database_role: str = "dualcart_app"
    database_pool_size: Positive = 10
    smtp_url: str = "smtp://127.0.0.1:25"
    mail_from: str = "no-reply@dualcart.example"
    dkim_private_key_file: str = ""
    dkim_selector: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")] = "dualcart"
    dkim_domain: Annotated[str, msgspec.Meta(pattern=r"^(|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$")] = ""
    instance: str = "instance"
    mailbox: str = ""
    public_origin: str = ""
    default_store: str = ""
    demo: bool = False
    production: bool = False
    secure_cookies: bool = False
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    rate_limits: bool = True
    message_rates: Annotated[str, msgspec.Meta(pattern=RATES)] = "smtp=200,sendgrid=200,twilio=10,webpush=200"
    delivery_lanes: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4
    message_rates_of_a_store: Annotated[str, msgspec.Meta(pattern=RATES)] = ""  # in a second, by provider
    password_time_cost: Positive = 2
    password_memory_kib: Annotated[int, msgspec.Meta(ge=8)] = 19456
    store_cache_seconds: Annotated[int, msgspec.Meta(ge=0)] = 5
    stripe_api_url: Annotated[str, msgspec.Meta(pattern=API_URL)] = "https://api.stripe.com"
    stripe_secret_key: Annotated[str, msgspec.Meta(pattern=r"^(|[sr]k_[A-Za-z0-9_]+)$")] = ""
    stripe_webhook_secrets: Annotated[str, msgspec.Meta(pattern=r"^(|whsec_[^\s,]+(,whsec_[^\s,]+)*)$")] = ""
    sendgrid_api_url: Annotated[str, msgspec.Meta(pattern=API_URL)] = "https://api.sendgrid.com"
    sendgrid_key: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]*$")] = ""
    sendgrid_webhook_keys: Annotated[str, msgspec.Meta(pattern=r"^(|[A-Za-z0-9+/=]+(,[A-Za-z0-9+/=]+)*)$")] = ""
    twilio_api_url: Annotated[str, msgspec.Meta(pattern=API_URL)] = "https://api.twilio.com"
    twilio_account_sid: Annotated[str, msgspec.Meta(pattern=r"^(|AC[0-9a-fA-F]{32})$")] = ""
    twilio_auth_token: Annotated[str, msgspec.Meta(pattern=r"^(|[^\s,]+(,[^\s,]+)*)$")] = ""  # the first is used
    twilio_from: Annotated[str, msgspec.Meta(pattern=r"^(|\+[0-9]{7,15}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$")] = ""
    twilio_messaging_service_sid: Annotated[str, msgspec.Meta(pattern=r"^(|MG[0-9a-fA-F]{32})$")] = ""
    vapid_private_key_file: str = ""
    vapid_subject: Annotated[str, msgspec.Meta(pattern=r"^(|(mailto:|https://)\S+)$")] = ""
    push_services: str = "fcm.googleapis.com,*.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com"
    callback_origin: Annotated[str, msgspec.Meta(pattern=r"^(|https?://[^/\s?#]+)$")] = ""
    live_url: Annotated[str, msgspec.Meta(pattern=r"^(|/[\w/-]*[\w-]|https?://[^/\s;,]+/[\w/-]*[\w-])$")] = ""
    live_pages: Positive = 20_000
    live_pages_per_address: Positive = 500
    log_level: Annotated[str, msgspec.Meta(pattern="^(debug|info|warning|error)$")] = "info"

    def __repr__(self) -> str:
        return "Config(…)"  # it is full of secrets, and may end up in a log

    @property
    def migration_url(self) -> str:
        """Where migrations run: the owner's address, or the application's where there is only one."""
        return self.database_owner_url or self.database_url

    @property
    def callbacks_at(self) -> str:
        """The origin at which providers reach us, without a slash at the end."""
        return self.callback_origin or self.public_origin.rstrip("/")


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration in `environ` (default: the process's). Raises BadConfiguration with one clear sentence."""
    environ = os.environ if environ is None else environ
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(Config):
        text = environ.get(field.name.upper(), "")
        if text:
            given[field.name] = _switch(text) if field.type is bool else text
        elif field.required:
            raise BadConfiguration(f"{field.name.upper()} is not set.")
    try:
        config = msgspec.convert(given, Config, strict=False)
    except msgspec.ValidationError as error:
        raise BadConfiguration(_sentence(str(error))) from None
    _check_what_belongs_together(config)
    return msgspec.structs.replace(
        config,
        database_url=postgresql_url(config.database_url, "DATABASE_URL"),
        database_owner_url=postgresql_url(config.database_owner_url, "DATABASE_OWNER_URL")
        if config.database_owner_url
        else "",
        redis_url=_checked_redis_url(config.redis_url),
    )


def _check_what_belongs_together(config: Config) -> None:
    account, number = config.twilio_account_sid, config.twilio_from or config.twilio_messaging_service_sid
    unread = "its events could not be read"
    for given, name, needed, missing, why in (
        (
            config.stripe_secret_key,
            "STRIPE_SECRET_KEY",
            config.stripe_webhook_secrets,
            "STRIPE_WEBHOOK_SECRETS",
            unread,
        ),
        (config.sendgrid_key, "SENDGRID_KEY", config.sendgrid_webhook_keys, "SENDGRID_WEBHOOK_KEYS", unread),
        (account, "TWILIO_ACCOUNT_SID", config.twilio_auth_token, "TWILIO_AUTH_TOKEN", "it could not be used"),
        (account, "TWILIO_ACCOUNT_SID", number, "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID", "nobody would send"),
        (account, "TWILIO_ACCOUNT_SID", config.callbacks_at, "CALLBACK_ORIGIN or PUBLIC_ORIGIN", unread),
    ):
        if given and not needed:
            raise BadConfiguration(f"{missing} is not set, and {name} is: {why}.")
    if config.delivery_lanes > config.database_pool_size:
        raise BadConfiguration(
            "DELIVERY_LANES is more than DATABASE_POOL_SIZE: each lane needs a connection of its own."
        )


def postgresql_url(text: str, variable: str) -> str:
    """`text` in the spelling SQLAlchemy wants for psycopg. Raises BadConfiguration if it is no PostgreSQL address."""
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise BadConfiguration(f"{variable} must start with postgresql://, not {_shown(scheme, separator)}.")
    return f"postgresql+psycopg://{rest}"


def _checked_redis_url(text: str) -> str:
    if urlsplit(text).scheme not in ("redis", "rediss", "unix"):
        raise BadConfiguration("REDIS_URL must start with redis://, rediss:// or unix://.")
    return text


def _shown(scheme: str, separator: str) -> str:
    """The scheme only: the rest of an address may hold a password."""
    return f"{scheme}://" if separator and re.fullmatch(r"[a-z0-9+.-]{1,20}", scheme) else "something else"


def _switch(text: str) -> bool | str:
    return {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }.get(text.lower(), text)


def _sentence(message: str) -> str:
    found = re.search(r"^(?P<what>.*) - at `\$\.(?P<field>\w+)`$", message)
    if not found:
        return message
    return f"{found['field'].upper()}: {found['what'][0].lower()}{found['what'][1:]}."
