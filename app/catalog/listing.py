"""Lists of products: filtered, searched, sorted, page by page; what comes nearest when nothing matches."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, bindparam, case, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.catalog import search
from app.catalog.filters import Filter
from app.catalog.models import Category, Product, ProductImage, Variant
from app.catalog.prices import Prices
from app.catalog.values import PAGE_SIZE, Listing, ProductCard
from app.database.base import db
from app.database.tenancy import current_store_id
from app.ids import VariantId
from app.inventory.models import Stock
from app.money import Money

NEAREST = 12
SIMILAR = 3
CANDIDATES = 60
# Unlimited and sold out, as seen from one variant of one product.
_UNLIMITED = Stock.variant_id.is_(None) | ~Stock.tracked | Stock.oversell
_BUYABLE = _UNLIMITED | (Stock.available >= Product.minimum_quantity)
_OF_VARIANT = and_(Stock.store_id == Variant.store_id, Stock.variant_id == Variant.id)
_TITLES = func.split_part(Product.search_text, literal_column("E'\\n'"), 1)
# Persian's own letters lie outside the alphabet's order in Unicode, and not every server has ICU's collations.
_ALPHABET = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_IN_ORDER = "".join(chr(0xE000 + place) for place in range(len(_ALPHABET)))


def list_products(
    wanted: Filter, page: int, locale: str, *, size: int = PAGE_SIZE, currency: str | None = None
) -> Listing:
    """One page of the current store's products; a page past the end is the last one. One statement, two past the end.

    Prices, and what is said of them in `wanted`, are in `currency`, without it in each variant's own. When a search finds nothing: what comes nearest, and what was probably meant (one statement more).
    """
    words = search.query_words(wanted.text)
    if wanted.text and not words:
        return Listing((), 0, 1)
    prices = Prices(currency)
    condition = and_(_shown(), *_conditions(wanted, prices), *([_matches(words)] if words else []))
    order = _order(wanted, words, locale, prices)
    rows = db.session.execute(_page(condition, order, page, size, prices, costly=bool(words))).all()
    if not rows and page > 1:
        total = db.session.execute(select(func.count()).select_from(Product).where(condition)).scalar_one()
        page = max(1, -(-total // size))
        rows = db.session.execute(_page(condition, order, page, size, prices, costly=bool(words))).all()
    if not rows and words:
        return _nearest(replace(wanted, sort="featured"), " ".join(words), prices)
    return Listing(tuple(map(_card, rows)), rows[0].total if rows else 0, page)


def list_similar(handle: str, currency: str | None = None) -> tuple[ProductCard, ...]:
    """Up to 3 products of the same category that are in stock, those nearest in price first. One statement.

    Prices are in `currency`, without it in each variant's own. The product itself need not be shown any more: that is
    when it is asked for. Nothing for an unknown handle.
    """
    prices = Prices(currency)
    of_store = (Product.store_id == current_store_id(), Product.handle == bindparam("handle", handle, Text()))
    category = select(Product.category_id).where(*of_store).scalar_subquery()
    of_it = select(Product.id).where(*of_store).scalar_subquery()
    lowest = prices.joined(select(func.min(prices.price)).select_from(Variant))
    # Withdrawn variants too: what is gone had a price all the same.
    price = lowest.where(Variant.store_id == current_store_id(), Variant.product_id == of_it).scalar_subquery()
    theirs = lowest.where(_of_product(Product)).correlate(Product).scalar_subquery()
    in_stock = _conditions(Filter(in_stock=True), prices)
    condition = and_(_shown(), Product.category_id == category, Product.id != of_it, theirs.is_not(None), *in_stock)
    order: list[ColumnElement[Any]] = [func.abs(theirs - price).asc(), Product.position.asc(), Product.id.asc()]
    return tuple(map(_card, db.session.execute(_page(condition, order, 1, SIMILAR, prices, costly=True))))


def list_in_stock(handles: Sequence[str], currency: str | None = None) -> tuple[ProductCard, ...]:
    """Those of these products that are shown and in stock, in the order given. One statement; prices as list_similar has them."""
    if not handles:
        return ()
    prices = Prices(currency)
    condition = and_(_shown(), Product.handle.in_(handles), *_conditions(Filter(in_stock=True), prices))
    rows = db.session.execute(_page(condition, [Product.id.asc()], 1, len(handles), prices, costly=True))
    return tuple(sorted(map(_card, rows), key=lambda card: handles.index(card.handle)))


def _shown() -> ColumnElement[bool]:
    return and_(Product.store_id == current_store_id(), Product.status == "published")


def _conditions(wanted: Filter, prices: Prices) -> list[ColumnElement[bool]]:
    """What the filter asks of a product and of at least one of its variants."""
    of_product: list[ColumnElement[bool]] = []
    of_variant: list[ColumnElement[bool]] = []
    if wanted.categories:
        slugs = select(Category.id).where(Category.store_id == current_store_id(), Category.slug.in_(wanted.categories))
        of_product.append(Product.category_id.in_(slugs))
    if wanted.least:
        of_variant.append(prices.price >= wanted.least.amount)
    if wanted.most:
        of_variant.append(prices.price <= wanted.most.amount)
    if wanted.in_stock:
        of_variant.append(_BUYABLE)
    if of_variant:
        variants = prices.joined(select(1).select_from(Variant).outerjoin(Stock, _OF_VARIANT))
        of_product.append(variants.where(_of_product(Product), *of_variant).correlate(Product).exists())
    return of_product


def _of_product(product: Any) -> ColumnElement[bool]:
    """The variants of `product` that are for sale."""
    return and_(Variant.store_id == product.store_id, Variant.product_id == product.id, Variant.withdrawn_at.is_(None))


def _matches(words: list[str]) -> ColumnElement[bool]:
    """By a function of the database (migration 0002), because row level security keeps `@@` from using its index."""
    return Product.id.in_(select(func.matching_products(bindparam("query", search.ts_query(words), Text()))))


def _query(words: list[str]) -> ColumnElement[Any]:
    return func.to_tsquery(literal_column("'simple'"), bindparam("query", search.ts_query(words), Text()))


def _order(wanted: Filter, words: list[str], locale: str, prices: Prices) -> list[ColumnElement[Any]]:
    of_product = prices.joined(select(func.min(prices.price)).select_from(Variant)).where(_of_product(Product))
    lowest = of_product.correlate(Product).scalar_subquery()
    title = func.coalesce(Product.title[locale].astext, literal_column("''"))
    match wanted.sort:
        case "newest":
            first: list[ColumnElement[Any]] = [Product.created_at.desc()]
        case "price":
            first = [lowest.asc().nulls_last()]
        case "price-down":
            first = [lowest.desc().nulls_last()]
        case "name":
            first = [func.translate(func.lower(title), _ALPHABET, _IN_ORDER).collate("C").asc()]
        case _:
            # What is called so stands before what merely mentions it.
            in_title = func.to_tsvector(literal_column("'simple'"), _TITLES).op("@@")(_query(words))
            first = [in_title.desc()] if words else []
    return [*first, Product.position.asc(), Product.id.asc()]


def _page(
    condition: ColumnElement[bool],
    order: list[ColumnElement[Any]],
    page: int,
    size: int,
    prices: Prices,
    *,
    costly: bool,
) -> Select[Any]:
    """The products of a page with what their cards show, and how many there are in all, in one statement.

    A `costly` condition is looked at once per product: the count is taken from the rows on their way to the page.
    Without, counting by itself leaves the page to an index that knows the order.
    """
    counted = select(func.count()).select_from(Product).where(condition).scalar_subquery()
    total: ColumnElement[int] = func.count().over() if costly else counted
    chosen = (
        select(*_PRODUCT_COLUMNS, total.label("total"), func.row_number().over(order_by=order).label("place"))
        .where(condition)
        .order_by(*order)
        .limit(size)
        .offset((page - 1) * size)
        .cte("page")
    )
    return _with_variants(chosen, prices).order_by(chosen.c.place)


_PRODUCT_COLUMNS = (
    Product.store_id,
    Product.id,
    Product.handle,
    Product.title,
    Product.minimum_quantity,
)


def _with_variants(chosen: Any, prices: Prices) -> Select[Any]:
    """The chosen products beside sums over their variants and their first picture."""
    unlimited = func.bool_or(_UNLIMITED)
    sums = (
        select(
            func.min(prices.price).label("lowest"),
            func.max(prices.price).label("highest"),
            func.min(prices.name).label("currency"),
            func.count().label("variants"),
            func.array_agg(aggregate_order_by(Variant.id, Variant.position))[1].label("variant_id"),
            func.array_agg(aggregate_order_by(prices.compare_at, prices.price, Variant.position))[1].label(
                "compare_at"
            ),
            # Of several variants none alone may reach the minimum, so the largest stock says whether one does.
            case((unlimited, None), else_=func.max(Stock.available)).label("largest"),
            case((unlimited, None), else_=func.sum(Stock.available)).label("stock"),
            func.array_agg(aggregate_order_by(Variant.image, Variant.position))[1].label("variant_image"),
        )
        .select_from(Variant)
        .outerjoin(Stock, _OF_VARIANT)
        .where(_of_product(chosen.c))
    )
    summed = prices.joined(sums).lateral("sums")
    image = (
        select(ProductImage.source)
        .where(ProductImage.store_id == chosen.c.store_id, ProductImage.product_id == chosen.c.id)
        .order_by(ProductImage.position)
        .limit(1)
        .scalar_subquery()
    )
    return select(chosen, summed, func.coalesce(image, summed.c.variant_image).label("image")).join(summed, true())


def _card(row: Any) -> ProductCard:
    reachable = row.largest is None or row.largest >= row.minimum_quantity
    return ProductCard(
        handle=row.handle,
        title=row.title,
        image=row.image,
        price=None if row.lowest is None else Money(row.lowest, row.currency),
        varies=row.lowest != row.highest,
        compare_at=Money(row.compare_at, row.currency) if row.compare_at is not None else None,
        available=(None if row.stock is None else int(row.stock)) if reachable and row.variants else 0,
        minimum=row.minimum_quantity,
        variant_id=VariantId(row.variant_id) if row.variants == 1 else None,
    )


def _nearest(wanted: Filter, words: str, prices: Prices) -> Listing:
    """Products whose titles look most like `words`, and the words that were probably meant."""
    likeness = func.word_similarity(bindparam("words", words, Text()), _TITLES)
    near = and_(_shown(), *_conditions(wanted, prices), likeness >= search.GOOD_ENOUGH)
    order: list[ColumnElement[Any]] = [likeness.desc(), Product.position.asc()]
    rows = db.session.execute(_page(near, order, 1, CANDIDATES, prices, costly=True)).all()
    meant = search.suggestion(words, (title for row in rows for title in row.title.values()))
    if meant:  # of many that are equally near, first those that are called what was meant
        wanted_words = set(search.query_words(meant))
        rows = sorted(
            rows, key=lambda row: not any(wanted_words <= _title_words(title) for title in row.title.values())
        )
    return Listing(tuple(map(_card, rows[:NEAREST])), len(rows[:NEAREST]), 1, nearest=bool(rows), suggestion=meant)


def _title_words(title: str) -> set[str]:
    return set(search.fold(title).split())
