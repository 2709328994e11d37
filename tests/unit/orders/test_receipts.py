"""Receipts: what stands on them, in both languages, tagged for people who listen, and from our own files only."""

import io
import os
import socket
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from pypdf import PdfReader

from app.money import Money
from app.orders import receipts
from app.orders.bill import bill
from app.orders.values import OrderState, PaymentState
from app.web import assets, dates, formats, language
from tests.orders_values import HEAD, HEAD_FA, TEHRAN, make_order

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def paper() -> Any:
    """Everything a receipt needs, without servers."""
    app = Flask("receipts", root_path=str(ROOT))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "app" / "translations")
    for part in (formats, dates, assets):
        part.init_app(app)
    Babel(app)
    language.init_app(app)
    with app.app_context():
        yield app


@cache
def pdf_of(locale: str) -> bytes:
    """The ordinary receipt in a language: making one takes a second, so that tests share it."""
    if locale == "fa":
        return receipts.make(make_order(locale="fa", address=TEHRAN), HEAD_FA, "fa")
    return receipts.make(make_order(discount=1000, coupon="PAEEZ10"), HEAD, "en")


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def tags(node: Any) -> list[str]:
    """The names of all elements of the structure tree."""
    node = node.get_object()
    if not hasattr(node, "get"):
        return []
    children = node.get("/K", [])
    children = children if isinstance(children, list) else [children]
    named = [str(node["/S"])] if "/S" in node else []
    return named + [name for child in children for name in tags(child) if not isinstance(child, int)]


def test_it_says_what_was_bought_and_what_it_came_to(paper: Any) -> None:
    text = words(read(pdf_of("en")))
    for said in (
        "Receipt", "20418", "5 November 2026, 10:35", "Paid", "Card ending 4242", "Roya Karimi", "10999 Berlin",
        "Germany", "Toranj Home GmbH", "DE123456789", "Stoneware mugs, set of 2", "Glaze: Sea salt", "Embroidery",
        "TOR-WOO-3", "€49.00", "€98.00", "19%", "7%", "Items (5)", "€262.50", "Discount, code PAEEZ10", "-€10.00",
        "Delivery", "€4.90", "€257.40", "Includes €39.96 VAT", "€206.21", "11–13 November", "Page 1 of 1",
    ):  # fmt: skip
        assert said in text, said


def test_the_persian_one_has_persian_words_digits_and_dates(paper: Any) -> None:
    text = words(read(pdf_of("fa")))
    for said in ("رسید", "۱۴ آبان ۱۴۰۵", "۲۰ تا ۲۲ آبان", "پرداخت", "ماگ سرامیکی", "۲۶۷٫۴۰", "۱۹٪"):
        assert all(letter in text for letter in said.replace(" ", "")), said
    html = receipts.page(make_order(locale="fa", address=TEHRAN), HEAD_FA, "fa")
    assert '<html lang="fa" dir="rtl">' in html
    for said in ("رسید", "۱۴ آبان ۱۴۰۵، ۱۰:۳۵", "۲۰ تا ۲۲ آبان", "ماگ سرامیکی، دست دوتایی", "۱۹٪", "ایران، تهران"):
        assert said in html
    assert "<bdi>20418</bdi>" in html


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_it_is_tagged_titled_and_has_a_language(paper: Any, locale: str) -> None:
    reader = read(pdf_of(locale))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == locale
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata
    assert "20418" in str(reader.metadata.title)
    assert b"pdfuaid" in root["/Metadata"].get_data()
    found = tags(root["/StructTreeRoot"])
    assert {"/Document", "/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= set(found)
    assert found.count("/H1") == 1
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in _fonts(page)}
    assert fonts
    assert {name.partition("+")[2].partition("-")[0] for name in fonts} <= {"Figtree", "Vazirmatn"}


def _fonts(page: Any) -> list[Any]:
    return [font.get_object() for font in page["/Resources"]["/Font"].get_object().values()]


def test_every_header_says_what_it_is_the_header_of(paper: Any) -> None:
    html = receipts.page(make_order(), HEAD, "en")
    assert html.count("<th") - html.count("<thead") == html.count('scope="')


def test_forty_lines_keep_their_sums_on_one_page(paper: Any) -> None:
    order = make_order(lines=40, payment=PaymentState.PARTLY_REFUNDED, refunded=3400)
    pages = [page.extract_text() for page in read(receipts.make(order, HEAD, "en")).pages]
    assert len(pages) > 2
    for said in ("Items (50)", "Total", "Refunded", "Paid after refund", "Tax by rate", "With tax"):
        assert said in pages[-1], said
    assert all(f"Page {at} of {len(pages)}" in text for at, text in enumerate(pages, 1))
    assert all("Unit price" in text for text in pages if "TOR-" in text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": OrderState.CANCELLED, "payment": PaymentState.REFUNDED}, ["Cancelled", "Paid and refunded"]),
        ({"state": OrderState.CANCELLED, "payment": PaymentState.NOT_PAID}, ["Cancelled", "Nothing was charged"]),
        ({"payment": PaymentState.PARTLY_REFUNDED, "refunded": 3400}, ["Partly refunded", "-€34.00", "€233.40"]),
        ({"payment": PaymentState.DUE, "payment_label": ""}, ["To be paid on delivery"]),
        ({"pickup": True, "delivery": 0}, ["Pickup", "Free", "Wednesday 11 November"]),
        ({"included": False}, ["Tax", "€49.31", "€316.71"]),
    ],
    ids=["refunded", "never paid", "partly", "on delivery", "pickup", "tax on top"],
)
def test_each_state_of_things_is_said(paper: Any, changes: dict[str, Any], said: list[str]) -> None:
    text = receipts.page(make_order(**changes), HEAD, "en")
    for expected in said:
        assert expected in text, expected


def test_without_taxes_nothing_is_said_of_them(paper: Any) -> None:
    html = receipts.page(make_order(taxed=False), HEAD, "en")
    assert "Tax by rate" not in html
    assert "VAT" not in html


def test_what_people_wrote_stays_words(paper: Any) -> None:
    order = make_order()
    hostile = '<img src="file:///etc/passwd"><script>x</script>'
    order = replace(order, lines=(replace(order.lines[0], wishes=(("Engraving", hostile),)),))
    html = receipts.page(order, HEAD, "en")
    assert "<script>" not in html
    assert "passwd" in html


def test_the_same_order_gives_the_same_bytes_and_few_of_them(paper: Any) -> None:
    order = make_order(discount=1000, coupon="PAEEZ10")
    assert pdf_of("en") == receipts.make(order, HEAD, "en")
    assert len(pdf_of("en")) < 30_000
    assert len(pdf_of("fa")) < 32_000  # with glyphs of two scripts in two weights


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1:1/x", f"{receipts.OWN}/static/../wsgi.py", f"{receipts.OWN}/static/%2e%2e/wsgi.py",
     f"{receipts.OWN}/static//etc/passwd", "https://receipt.invalid/static/img/mark.svg", f"{receipts.OWN}/etc/passwd"],
    ids=["disk", "net", "up", "up, coded", "root", "other scheme", "outside"],
)  # fmt: skip
def test_nothing_is_fetched_but_our_own_files(paper: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from weasyprint.urls import FatalURLFetchingError

    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("went to the net"))
    with pytest.raises(FatalURLFetchingError):
        receipts._own_files(str(paper.static_folder)).fetch(url)
    assert receipts._own_files(str(paper.static_folder)).fetch(f"{receipts.OWN}/static/img/mark.svg?v=1").read()


WITHOUT_PANGO = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
sys.meta_path.insert(0, Missing())
from app.orders import receipts
assert not receipts.can_make()
try:
    receipts._weasyprint()
except receipts.NoReceipts:
    print("said so")
"""


def test_a_machine_without_pango_says_so_and_starts_all_the_same() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_PANGO],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip().endswith("said so"), ran.stderr


def test_weasyprint_is_not_loaded_with_the_shop() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, app.subscriptions; print('weasyprint' in sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stdout.strip() == "False", ran.stderr


def test_the_parts_of_a_bill_add_up(paper: Any) -> None:
    order = make_order(discount=1000)
    shown = bill(order, HEAD, "en")
    assert order.subtotal == sum((line.amount for line in order.lines), Money(0, "EUR"))
    assert shown.sums[-1][0] == "Delivery"
    assert order.total == order.subtotal - order.discount + order.delivery_cost
