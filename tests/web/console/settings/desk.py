"""A member of staff at the settings: takes a form as a browser without JavaScript would, types, looks, saves."""

import re
from html import unescape
from typing import Any

from flask import Flask

from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD
from app.stores import directory
from app.stores.settings import StoreSettings
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}


class Desk:
    """A member of staff at the settings."""

    def __init__(self, app: Flask, store: TestStore, role: str) -> None:
        self.app, self.store, self.visitor = app, store, Visitor(app, store)
        assert self.visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303

    def form(self, section: str, level: str = "store") -> dict[str, Any]:
        """What the section's form would send if nothing was touched."""
        page = self.visitor.get(f"/console/settings/{section}?level={level}").text
        return fields_of(page, "/review")

    def review(self, section: str, form: dict[str, Any]) -> Any:
        """Send the section's form."""
        return self.visitor.send(f"/console/settings/{section}/review", form)

    def save(self, review_page: str, why: str = "to see") -> Any:
        """Press the button of the page that shows what differs."""
        return self.visitor.send("/console/settings/changes", {**fields_of(review_page, "/changes"), "why": why})

    def change(self, section: str, level: str = "store", **typed: Any) -> Any:
        """Type, look, save."""
        shown = self.review(section, {**self.form(section, level), **typed})
        assert shown.status_code == 200, shown.text
        return self.save(shown.text)

    def settings(self) -> StoreSettings:
        """The store's, as they are now."""
        with self.app.app_context(), use_store(self.store.id):
            return directory.get(self.store.id).settings


def fields_of(page: str, action: str) -> dict[str, Any]:
    """What a browser would send of the form that leads to `action`."""
    form = next(
        one
        for one in re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
        if re.match(rf'<form[^>]* action="[^"]*{re.escape(action)}"', one)
    )
    found: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(unescape(name), []).append(unescape(value))

    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if "name" in attributes:
            add(
                attributes["name"],
                attributes.get("value", "on" if attributes.get("type") in ("checkbox", "radio") else ""),
            )
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        add(name, body)
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        if chosen:
            add(name, chosen[1])
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def inside(app: Flask, store: TestStore, work: Any) -> Any:
    """What `work` answers in a store."""
    with app.app_context(), use_store(store.id):
        return work()
