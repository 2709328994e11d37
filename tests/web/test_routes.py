"""The matrix of routes: every door has an audience, only forms change anything, every form wants a token."""

import json
from typing import Any

import pytest
from flask import Flask

from app.blueprints import AUDIENCES
from tests.conftest import TestStore, browser_at


@pytest.fixture
def matrix(app: Flask) -> list[dict[str, Any]]:
    result = app.test_cli_runner().invoke(args=["routes-matrix", "--json"])
    rows: list[dict[str, Any]] = json.loads(result.output)
    return rows


def test_every_route_has_an_audience(matrix: list[dict[str, Any]]) -> None:
    assert matrix
    assert {row["audience"] for row in matrix} <= set(AUDIENCES.values())


def test_only_get_and_post(matrix: list[dict[str, Any]]) -> None:
    assert {method for row in matrix for method in row["methods"]} <= {"GET", "POST"}


def test_every_changing_route_refuses_without_a_token(
    app: Flask, store: TestStore, matrix: list[dict[str, Any]]
) -> None:
    client = browser_at(app, store)
    for row in matrix:
        if row["changes_state"] and row["audience"] != "machines":  # those prove who they are by a signature
            path = row["path"].replace("<", "").replace(">", "").replace("path:", "").replace("uuid:", "")
            assert client.post(path).status_code == 403, path


def test_staff_doors_ask_for_a_role(matrix: list[dict[str, Any]]) -> None:
    for row in matrix:
        if row["audience"] == "staff":
            assert row["roles"], row["path"]


def test_every_page_has_the_security_headers(app: Flask, store: TestStore) -> None:
    client = browser_at(app, store)
    for path in ("/", "/cart", "/products", "/account/sign-in", "/nowhere", "/healthz"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"]


def test_mails_may_show_our_pictures_and_nothing_else_of_ours(app: Flask, store: TestStore) -> None:
    client = browser_at(app, store)
    policies = {
        path: client.get(path).headers["Cross-Origin-Resource-Policy"] for path in ("/static/img/mark.svg", "/")
    }
    assert policies == {"/static/img/mark.svg": "cross-origin", "/": "same-origin"}
