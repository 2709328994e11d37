"""What the demo was told by its environment, checked before anything is started."""

import os
import re
import secrets
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.channels import vapid
from app.config import BadConfiguration, Config, from_environment

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PORT = 65535
BASKETS = 500  # of a made-up year: enough to fill the console's pages, and made in a minute or so
NOT_YET = {"DATABASE_URL": "postgresql:///", "REDIS_URL": "unix:///", "SECRET_KEY": "-" * 32}


@dataclass(frozen=True)
class Environment:
    """The demo's settings. Empty addresses mean: start a server of our own."""

    host: str
    port: int
    live_port: int
    instance: Path
    database_url: str
    database_owner_url: str
    database_role: str
    redis_url: str
    smtp_url: str
    secret_key: str
    vapid_private_key_file: str
    year: int  # how many baskets the made-up year has

    @property
    def reachable_host(self) -> str:
        """The host by which this machine reaches the shop."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  read, not bound

    @property
    def origin(self) -> str:
        """Where a browser on this machine finds the shop."""
        host = self.reachable_host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def mailbox(self) -> Path:
        """The folder of the messages that the demo's own mail server took."""
        return self.instance / "mailbox"

    @property
    def logs(self) -> Path:
        """The folder of everybody's logs."""
        return self.instance / "logs"


def read(environ: Mapping[str, str]) -> Environment:
    """The settings in `environ`; makes the instance folder. Raises BadConfiguration with one sentence."""
    config = from_environment({**environ, **{name: environ.get(name) or value for name, value in NOT_YET.items()}})
    given = {name for name in NOT_YET if environ.get(name)}
    instance = _instance_folder(environ.get("INSTANCE") or str(ROOT / "instance"))
    if config.database_owner_url and "DATABASE_URL" not in given:
        raise BadConfiguration("DATABASE_OWNER_URL needs a DATABASE_URL beside it.")
    host = environ.get("HOST") or "127.0.0.1"
    return Environment(
        host=host,
        port=_port(environ.get("PORT") or "8000"),
        live_port=_port(environ.get("LIVE_PORT") or "0"),
        instance=instance,
        database_url=config.database_url if "DATABASE_URL" in given else "",
        database_owner_url=config.database_owner_url,
        database_role=config.database_role,
        redis_url=config.redis_url if "REDIS_URL" in given else "",
        smtp_url=_smtp_url(environ.get("SMTP_URL", ""), config),
        secret_key=config.secret_key if "SECRET_KEY" in given else _kept_secret(instance / "secret_key"),
        vapid_private_key_file=config.vapid_private_key_file or str(_kept_vapid_key(instance / "vapid.pem")),
        year=_year(environ.get("YEAR") or str(BASKETS)),
    )


def with_usable_port(environment: Environment) -> Environment:
    """The same with port 0 replaced by a free one. Raises BadConfiguration if nobody can listen there now."""
    host, port = environment.host, environment.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as probe:
            return replace(environment, port=probe.getsockname()[1])
    except PermissionError:
        raise BadConfiguration(f"PORT={port} may be used by root only; choose one above 1023.") from None
    except socket.gaierror:
        raise BadConfiguration(f"HOST must be an address of this machine, not {host[:60]!r}.") from None
    except OSError as error:
        said = f"PORT={port} on HOST={host} cannot be used ({error.strerror})"
        raise BadConfiguration(f"{said}; choose another, as in: PORT=8001 bin/demo") from None


def _instance_folder(text: str) -> Path:
    instance = Path(text).absolute()
    try:
        if not instance.exists():
            instance.mkdir(parents=True, mode=0o700)
            if os.geteuid() == 0:
                instance.chmod(
                    0o711
                )  # PostgreSQL, which refuses to be root, must pass; what is private inside is closed
        with tempfile.TemporaryFile(dir=instance):
            pass
        return instance.resolve()
    except OSError as error:
        raise BadConfiguration(f"INSTANCE: cannot write to {instance} ({error.strerror}).") from None


def _port(text: str) -> int:
    if not (re.fullmatch("[0-9]{1,5}", text) and int(text) <= LARGEST_PORT):
        raise BadConfiguration(
            f"PORT must be a number from 1 to {LARGEST_PORT}, or 0 for any free port, not {text[:20]!r}."
        )
    return int(text)


def _year(text: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", text):
        raise BadConfiguration(f"YEAR must be a number of baskets, or 0 for no made-up year, not {text[:20]!r}.")
    return int(text)


def _smtp_url(text: str, config: Config) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(config.smtp_url)
        usable = parts.scheme.startswith("smtp") and parts.hostname is not None and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadConfiguration("SMTP_URL must look like smtp://host:25.")
    return config.smtp_url


def _kept_secret(path: Path) -> str:
    """The key in `path`, made once and readable by us alone."""
    try:
        if not path.exists():
            _write_once(path, secrets.token_hex(32).encode())
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            f"The secret key in {path} cannot be read ({error}); remove it or give SECRET_KEY."
        ) from None
    if len(secret) < len(NOT_YET["SECRET_KEY"]):
        raise BadConfiguration(f"The secret key in {path} is damaged; remove it, or give SECRET_KEY.")
    return secret


def _kept_vapid_key(path: Path) -> Path:
    """The file of the key that browsers are pushed to with, made once: with another they would have to be asked again."""
    try:
        if not path.exists():
            key = generate_private_key(SECP256R1())
            _write_once(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        vapid.load_key(str(path))
    except (OSError, BadConfiguration):
        raise BadConfiguration(
            f"The key in {path} cannot be read; remove it, or give VAPID_PRIVATE_KEY_FILE."
        ) from None
    return path


def _write_once(path: Path, content: bytes) -> None:
    """A file that only we can read, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    with unfinished.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
