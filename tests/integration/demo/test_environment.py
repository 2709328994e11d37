"""What the demo is told: every wrong value ends in one sentence that names it, before anything is started."""

import socket
from pathlib import Path

import pytest

from app.config import BadConfiguration
from app.demo import environment
from tests.integration.demo.runs import Run


def read(instance: Path, **variables: str) -> environment.Environment:
    return environment.read({"INSTANCE": str(instance), "PORT": "0", **variables})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "99999"),
        ("PORT", "-1"),
        ("PORT", "٨٠٠٠"),
        ("HOST", "no such host"),
        ("HOST", "203.0.113.1"),
        ("DATABASE_URL", "mysql://root@localhost/shop"),
        ("DATABASE_URL", "shop.db"),
        ("DATABASE_OWNER_URL", "postgresql://owner@localhost/shop"),
        ("REDIS_URL", "foo"),
        ("SMTP_URL", "foo"),
        ("SMTP_URL", "smtp://host:notaport"),
        ("SECRET_KEY", "too short"),
        ("LOG_LEVEL", "loud"),
        ("YEAR", "many"),
        ("YEAR", "-5"),
        ("INSTANCE", "/proc/nowhere"),
        ("INSTANCE", __file__),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadConfiguration, match=name) as refusal:
        environment.with_usable_port(read(tmp_path, **{name: value}))
    assert "\n" not in str(refusal.value)


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(BadConfiguration, match=f"PORT={port} on .*PORT=8001 bin/demo"):
            environment.with_usable_port(read(tmp_path, PORT=port))


def test_an_empty_value_counts_as_none(tmp_path: Path) -> None:
    found = read(tmp_path, DATABASE_URL="", REDIS_URL="", SMTP_URL="", SECRET_KEY="", HOST="")
    assert (found.database_url, found.redis_url, found.smtp_url, found.host) == ("", "", "", "127.0.0.1")


def test_the_secret_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = read(tmp_path).secret_key
    assert len(first) >= 64
    assert read(tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_secret_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(BadConfiguration, match="secret_key is damaged"):
        read(tmp_path)


def test_a_given_secret_key_wins_and_is_not_written_down(tmp_path: Path) -> None:
    assert read(tmp_path, SECRET_KEY="k" * 40).secret_key == "k" * 40
    assert not (tmp_path / "secret_key").exists()


def test_the_key_for_pushes_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    path = Path(read(tmp_path).vapid_private_key_file)
    made = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert (Path(read(tmp_path).vapid_private_key_file), path.read_bytes()) == (path, made)
    assert read(tmp_path, VAPID_PRIVATE_KEY_FILE="/etc/own.pem").vapid_private_key_file == "/etc/own.pem"


def test_a_damaged_key_for_pushes_is_not_replaced_in_silence(tmp_path: Path) -> None:
    (tmp_path / "vapid.pem").write_text("")
    with pytest.raises(BadConfiguration, match=r"vapid\.pem cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("host", "origin"), [("0.0.0.0", "http://127.0.0.1:"), ("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_the_address_is_one_that_a_browser_here_can_open(tmp_path: Path, host: str, origin: str) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    assert read(tmp_path, HOST=host).origin.startswith(origin)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PORT": "abc"}, "PORT must be a number"),
        ({"DATABASE_URL": "postgresql://somebody:hidden@127.0.0.1:1/shop"}, "DATABASE_URL leads to no usable database"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL leads to no usable server"),
    ],
)
def test_the_program_ends_with_code_2_and_one_line(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    run = Run(tmp_path, **variables)
    assert run.ended() == 2
    refusals = [line for line in run.lines if line != "Starting the servers…"]
    assert len(refusals) == 1
    assert said in refusals[0]
    assert "hidden" not in refusals[0]
