"""Lists from real PostgreSQL: filters, search in two languages, order, pages, statements."""

import pytest
from sqlalchemy import event, text

from app.catalog.errors import ProductNotFound
from app.catalog.filters import Filter, Sort
from app.catalog.listing import list_products
from app.catalog.queries import get_product, list_categories
from app.database.base import db
from app.money import Money
from tests.integration.catalog.conftest import Import
from tests.sent import noted

HEADER = "Handle,Title,Variant Price,Type"


def found(wanted: Filter, locale: str = "en") -> list[str]:
    return [card.handle for card in list_products(wanted, 1, locale).cards]


def test_only_what_is_published_is_listed(take: Import) -> None:
    take()
    assert found(Filter()) == ["kettle", "throw", "candle"]
    with pytest.raises(ProductNotFound):
        get_product("secret")


def test_a_card_says_what_counts(take: Import) -> None:
    take()
    kettle, throw, candle = list_products(Filter(), 1, "en").cards
    assert (kettle.price, kettle.varies, kettle.compare_at) == (Money(6400, "EUR"), True, Money(7000, "EUR"))
    assert (kettle.available, kettle.low, kettle.sold_out, kettle.variant_id) == (2, True, False, None)
    assert throw.available is None
    assert candle.variant_id
    assert candle.image == "products/candle.svg"


@pytest.mark.parametrize(
    ("wanted", "handles"),
    [
        (Filter(categories=("kitchen",)), ["kettle"]),
        (Filter(categories=("kitchen", "living")), ["kettle", "candle"]),
        (Filter(least=Money(7000, "EUR")), ["kettle", "throw"]),
        (Filter(most=Money(1000, "EUR")), ["candle"]),
        (Filter(least=Money(6000, "EUR"), most=Money(6500, "EUR")), ["kettle"]),
        (Filter(in_stock=True), ["kettle", "throw", "candle"]),
        (Filter(in_stock=True, least=Money(7100, "EUR"), most=Money(7500, "EUR")), []),
        (Filter(sort="price"), ["candle", "throw", "kettle"]),
        (Filter(sort="price-down"), ["kettle", "throw", "candle"]),
        (Filter(sort="name"), ["candle", "kettle", "throw"]),
        (Filter(sort="newest"), ["kettle", "throw", "candle"]),
        (Filter(text="kettle"), ["kettle"]),
        (Filter(text="KETT"), ["kettle"]),
        (Filter(text="over pour"), ["kettle"]),
        (Filter(text="coffee"), ["kettle"]),
        (Filter(text="copper"), ["kettle"]),
        (Filter(text="كتري"), ["kettle"]),
        (Filter(text="شال پشم"), ["throw"]),
        (Filter(text="کتری", categories=("living",)), []),
        (Filter(text="!!!"), []),
        (Filter(text="'; DROP TABLE products; --"), []),
        (Filter(text="a & b | !c <-> d:* \\"), []),
    ],
)
def test_filters_search_and_order(take: Import, wanted: Filter, handles: list[str]) -> None:
    take()
    assert found(wanted) == handles


@pytest.mark.parametrize(
    ("typed", "meant", "handles"),
    [
        ("ketle", "kettle", ["kettle"]),
        ("کتیر", "کتری", ["kettle"]),
        ("beswax candel", "beeswax candle", ["candle"]),
        ("qqqqqq", None, []),
    ],
)
def test_what_was_probably_meant(take: Import, typed: str, meant: str | None, handles: list[str]) -> None:
    take()
    listing = list_products(Filter(text=typed), 1, "en")
    assert (listing.suggestion, [card.handle for card in listing.cards]) == (meant, handles)
    assert listing.nearest == bool(handles)


def test_persian_names_stand_in_the_order_of_the_alphabet(take: Import) -> None:
    head = "Handle,Title,Variant Price,Title fa (product.metafields.translation.title_fa)"
    names = ["گلدان", "پارچ", "آینه", "چراغ", "یخدان", "بشقاب", "کاسه"]
    take(head + "\n" + "".join(f"p{n},P{n},1,{name}\n" for n, name in enumerate(names)))
    titles = [card.title["fa"] for card in list_products(Filter(sort="name"), 1, "fa").cards]
    assert titles == ["آینه", "بشقاب", "پارچ", "چراغ", "کاسه", "گلدان", "یخدان"]


def test_titles_stand_before_mentions(take: Import) -> None:
    head = "Handle,Title,Variant Price,Body (HTML)"
    take(f"{head}\nstand,Stand,1,For any lamp.\nlamp,Table lamp,1,\n")
    assert found(Filter(text="lamp")) == ["lamp", "stand"]


def test_pages_and_their_statements(take: Import) -> None:
    take(HEADER + "\n" + "".join(f"p{n},Product {n},{n + 1},Living\n" for n in range(50)))
    with noted() as sent:
        first = list_products(Filter(), 1, "en")
    assert (len(first.cards), first.total, first.pages, len(sent)) == (24, 50, 3, 1)
    assert len(list_products(Filter(), 3, "en").cards) == 2
    beyond = list_products(Filter(), 100_000, "en")
    assert (beyond.page, len(beyond.cards)) == (3, 2)
    with noted() as sent:
        list_products(Filter(text="product", sort="price", in_stock=True), 1, "en")
        get_product("p7")
        list_categories()
    assert len(sent) == 1 + 2 + 1
    with noted() as sent:
        list_products(Filter(text="prodict"), 1, "en")
    assert len(sent) == 2


@pytest.mark.parametrize("sort", ["featured", "newest", "price", "price-down", "name"])
def test_no_list_reads_the_tables_from_end_to_end(take: Import, sort: Sort) -> None:
    take(HEADER + "\n" + "".join(f"p{n},Product {n},{n + 1},Living\n" for n in range(30)))
    wanted = Filter(text="product", categories=("living",), in_stock=True, least=Money(1, "EUR"), sort=sort)
    sent: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        list_products(wanted, 1, "en")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    connection = db.session.connection()
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    for statement, parameters in sent:
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)  # type: ignore[arg-type]
        assert not [row[0] for row in plan if "Seq Scan" in row[0]]
