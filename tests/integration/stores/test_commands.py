"""`flask stores`: the same service as the console's, for operators."""

from flask import Flask

from tests.conftest import TestStore


def run(app: Flask, *arguments: str, store: TestStore) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["stores", *arguments, "--store", store.slug])
    return result.exit_code, result.output


def test_set_seen_and_brought_back(app: Flask, store: TestStore) -> None:
    assert run(app, "set", "salvage_days", "9", "--why", "Slow shoppers", store=store) == (0, "version 1\n")
    assert run(app, "set", "salvage_days", "9", store=store) == (0, "nothing is different\n")
    assert run(app, "set", "guest_merge_rule", "sum", store=store)[1] == "version 2\n"
    assert run(app, "set", "cart_expiry_days", "12", "--level", "organization", store=store)[1] == "version 1\n"
    lines = run(app, "settings", store=store)[1].splitlines()
    assert "salvage_days  store  9" in lines
    assert "cart_expiry_days  organization  12" in lines
    assert "lines_at_most  default  100" in lines
    assert "Slow shoppers" in run(app, "history", store=store)[1]
    assert run(app, "set", "salvage_days", "--inherit", store=store)[1] == "version 3\n"
    assert run(app, "restore", "1", store=store)[1] == "version 4\n"
    lines = run(app, "settings", store=store)[1].splitlines()
    assert "salvage_days  store  9" in lines
    assert 'guest_merge_rule  default  "larger"' in lines


def test_what_cannot_be_is_said_in_a_sentence(app: Flask, store: TestStore) -> None:
    for arguments in (
        ("set", "salvage_days", "0"),
        ("set", "unheard_of", "1"),
        ("set", "salvage_days"),
        ("set", "salvage_days", "3", "--inherit"),
        ("settings", "--level", "planet"),
        ("restore", "7"),
    ):
        code, said = run(app, *arguments, store=store)
        assert (code, said.count("\n")) == (2, 1), (arguments, said)
