"""Whether a channel's provider lets us in: asked without sending anything to anybody."""

import smtplib
from base64 import b64encode
from pathlib import Path

from app import outbound
from app.channels import mail_server, vapid
from app.config import BadConfiguration, Config
from app.outbound import NoAnswer, NotReached

SECONDS = 8.0
OK = "ok"


def check(provider: str, config: Config) -> str:
    """ok, not_reached, no_answer, not_authorised or not_understood. Raises KeyError for a provider nobody can ask."""
    return {"smtp": _smtp, "sendgrid": _sendgrid, "twilio": _twilio, "webpush": _webpush, "mailbox": _folder}[provider](
        config
    )


def asked(url: str, authorization: str) -> str:
    """What a provider's API says to somebody with this authorization."""
    try:
        answer = outbound.ask("GET", url, headers={"Authorization": authorization}, seconds=SECONDS)
    except NotReached:
        return "not_reached"
    except NoAnswer:
        return "no_answer"
    if answer.status in (401, 403):
        return "not_authorised"
    return OK if answer.status == 200 else "not_understood"


def _smtp(config: Config) -> str:
    try:
        server = mail_server.connect(config, seconds=SECONDS)
    except smtplib.SMTPAuthenticationError:
        return "not_authorised"
    except smtplib.SMTPResponseException:
        return "not_understood"
    except (OSError, smtplib.SMTPException):
        return "not_reached"
    server.close()
    return OK


def _sendgrid(config: Config) -> str:
    return asked(f"{config.sendgrid_api_url}/v3/scopes", f"Bearer {config.sendgrid_key}")


def _twilio(config: Config) -> str:
    account, token = config.twilio_account_sid, config.twilio_auth_token.split(",")[0]
    authorization = "Basic " + b64encode(f"{account}:{token}".encode()).decode()
    return asked(f"{config.twilio_api_url}/2010-04-01/Accounts/{account}.json", authorization)


def _webpush(config: Config) -> str:
    try:
        return OK if vapid.public_key(config) else "not_understood"
    except BadConfiguration:
        return "not_understood"


def _folder(config: Config) -> str:
    return OK if Path(config.mailbox).is_dir() else "not_reached"
