"""The embedded PostgreSQL: keeps what was committed, whatever happened to it, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from app.demo.supervisor import start_over
from app.embedded.postgres import SUPERUSER, Postgres
from app.embedded.process import ServerError

PATIENCE = 10.0


def connect(server: Postgres) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True)


def write(server: Postgres) -> None:
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")


def assert_kept(server: Postgres) -> None:
    with connect(server) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_persian_words_can_be_searched_and_letters_have_cases(running: Postgres) -> None:
    with connect(running) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute("SELECT similarity('کفش', 'کفشها') > 0.4, lower('ÄÉ'), upper('straße')").fetchone()
    assert row == (True, "äé", "STRASSE")


def test_it_listens_on_no_port_and_its_folder_is_closed(running: Postgres) -> None:
    with connect(running) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert running.socket.stat().st_mode & 0o077 == 0


def test_a_second_server_on_the_same_folder_is_refused(running: Postgres) -> None:
    with pytest.raises(ServerError, match="already runs"):
        Postgres(running.instance).launch(patience=0)


def test_what_was_committed_is_there_after_a_stop_and_after_a_kill(instance: Path) -> None:
    first = Postgres(instance)
    first.start()
    write(first)
    first.stop()
    second = Postgres(instance)
    second.start()
    assert_kept(second)
    assert second.child
    second.child.popen.kill()
    third = Postgres(instance)
    third.start()
    assert_kept(third)
    third.stop()


def test_an_interrupted_initdb_is_not_taken_for_a_cluster(instance: Path) -> None:
    (instance / "postgres.new").mkdir()
    (instance / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = Postgres(instance, durable=False)
    server.start()
    write(server)
    server.stop()
    assert not (instance / "postgres.new").exists()


def test_a_stale_pid_file_that_names_a_stranger_or_a_zombie_does_no_harm(instance: Path) -> None:
    server = Postgres(instance, durable=False)
    server.start()
    write(server)
    server.stop()
    zombie = subprocess.Popen(["true"])
    for pid in (os.getpid(), zombie.pid):
        (server.data / "postmaster.pid").write_text(f"{pid}\n{server.data}\n1\n5432\n{server.socket}\n\n\n")
        again = Postgres(instance, durable=False)
        again.start()
        assert_kept(again)
        again.stop()
    zombie.wait()


@pytest.mark.parametrize("name", ["with space, and 'comma'", "long/" * 25 + "path"])
def test_any_path_will_do(instance: Path, name: str) -> None:
    folder = instance / name
    folder.mkdir(parents=True)
    server = Postgres(folder, durable=False)
    server.start()
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
    start_over(folder)


def test_a_server_that_cannot_start_says_why(instance: Path) -> None:
    Postgres(instance, durable=False)._make_cluster()
    server = Postgres(instance, durable=False)
    (server.data / "postgresql.conf").write_text("nonsense\n")
    with pytest.raises(ServerError, match=r"PostgreSQL did not start \(.*postgresql.conf.*log: .*postgres.log"):
        server.start()
    server.stop()


def test_it_goes_when_its_parent_is_killed(instance: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from app.embedded.postgres import Postgres\n"
        "server = Postgres(Path(sys.argv[1]), durable=False); server.start()\n"
        "print(server.child.popen.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, instance], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + PATIENCE
    while not gone(pid):
        assert time.monotonic() < deadline, "PostgreSQL outlived its parent"
        time.sleep(0.05)
    parent.stdout.close()
