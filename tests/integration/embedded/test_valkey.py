"""The embedded Valkey: keeps what it was given, and refuses to share its folder."""

from pathlib import Path

import pytest
import redis

from app.embedded.process import ServerError
from app.embedded.valkey import Valkey


def test_values_survive_a_restart(instance: Path) -> None:
    first = Valkey(instance)
    first.start()
    with redis.Redis.from_url(first.url(3)) as client:
        client.set("kept", "yes")
    first.stop()
    second = Valkey(instance)
    second.start()
    with redis.Redis.from_url(second.url(3)) as client:
        assert client.get("kept") == b"yes"
    second.stop()


def test_a_killed_server_is_followed_by_the_next_one(instance: Path) -> None:
    first = Valkey(instance)
    first.start()
    assert first.child
    first.child.popen.kill()
    second = Valkey(instance)
    second.start()
    with pytest.raises(ServerError, match="already runs"):
        Valkey(instance).launch(patience=0)
    second.stop()
