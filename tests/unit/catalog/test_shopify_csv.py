"""Reading Shopify's product CSV: every row ends in a product or in a refusal, whatever the file holds."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.drafts import ProductDraft, RowRefusal
from app.catalog.shopify_columns import UnusableFile
from app.catalog.shopify_csv import Refused, decoded_lines, read_products

HEADER = (
    "Handle,Title,Variant Price,Option1 Name,Option1 Value,Image Src,Variant Inventory Tracker,Variant Inventory Qty"
)


def read(content: str | bytes, currency: str = "EUR", locale: str = "en") -> list[ProductDraft | Refused]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_products(decoded_lines(io.BytesIO(data)), currency=currency, locale=locale))


def refusals(content: str | bytes, currency: str = "EUR") -> list[tuple[int, str, str]]:
    found = read(content, currency)
    return [(r.line, r.handle, r.code) for entry in found if isinstance(entry, tuple) for r in entry]


def product(content: str, **options: str) -> ProductDraft:
    (found,) = read(content, **options)
    assert isinstance(found, ProductDraft), found
    return found


def test_rows_of_one_handle_make_one_product() -> None:
    draft = product(f"{HEADER}\nmug,Mug,12.50,Glaze,Salt,https://img.example/a.jpg,shopify,3\nmug,,14,,Clay,,,\n")
    assert [(v.options, v.price.amount, v.tracked, v.quantity) for v in draft.variants] == [
        (({"en": "Salt"},), 1250, True, 3),
        (({"en": "Clay"},), 1400, False, 0),
    ]
    assert draft.option_names == ({"en": "Glaze"},)
    assert [image.source for image in draft.images] == ["https://img.example/a.jpg"]


def test_default_title_means_no_options() -> None:
    draft = product(f"{HEADER}\nmug,Mug,12,Title,Default Title,,,\nmug,,,,,products/mug.svg,,\n")
    assert draft.option_names == ()
    assert len(draft.variants) == 1
    assert [image.source for image in draft.images] == ["products/mug.svg"]


def test_a_byte_order_mark_is_no_harm() -> None:
    assert product("\ufeff" + f"{HEADER}\nmug,Mug,12,,,,,\n").title == {"en": "Mug"}


def test_headers_of_newer_exports_are_known() -> None:
    draft = product("Title,URL handle,Price,Compare-at price,Status\nMug,mug,12,15,Draft\n")
    assert draft.handle == "mug"
    assert draft.variants[0].compare_at
    assert not draft.published


def test_metafields_are_known_by_what_stands_in_parentheses() -> None:
    head = "Handle,Title,Variant Price,عنوان (product.metafields.translation.title_fa),Least (product.metafields.order.minimum)"
    draft = product(f"{head}\nmug,Mug,12,ماگ,2\n")
    assert draft.title == {"en": "Mug", "fa": "ماگ"}
    assert draft.minimum == 2


def test_a_store_in_persian_reads_the_plain_columns_as_persian() -> None:
    assert product(f"{HEADER}\nmug,ماگ,12,,,,,\n", locale="fa").title == {"fa": "ماگ"}


def test_descriptions_become_plain_paragraphs() -> None:
    body = "<p>One &amp; <b onclick=x>two</b></p><script>bad()</script><ul><li>Steel</li></ul><style>p{}</style>"
    draft = product(f'Handle,Title,Variant Price,Body (HTML)\nmug,Mug,12,"{body}"\n')
    assert draft.body == {"en": "One & two\n• Steel"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("mug,,12,,,,,", "title_missing"),
        ("mug,Mug,abc,,,,,", "bad_price"),
        ("mug,Mug,-1,,,,,", "bad_price"),
        ("mug,Mug,1e400,,,,,", "bad_price"),
        ("mug,Mug,1e999999,,,,,", "bad_price"),
        ("mug,Mug,NaN,,,,,", "bad_price"),
        ("mug,Mug,9.999,,,,,", "bad_price"),
        ("mug,Mug,,,,,,", "bad_price"),
        ("mug,Mug,12,Glaze,,,,", "option_missing"),
        ("mug,Mug,12,,,products/../secret.svg,,", "bad_image"),
        ("mug,Mug,12,,,http://img.example/a.jpg,,", "bad_image"),
        ("mug,Mug,12,,,javascript:alert(1),,", "bad_image"),
        ("mug,Mug,12,,,https://user@img.example/a.jpg,,", "bad_image"),
        ("mug,Mug,12,,,/etc/passwd,,", "bad_image"),
        ("mug,Mug,12,,,,shopify,many", "bad_number"),
        ("mug,Mug,12", "wrong_cell_count"),
        ("mug,Mug,12,,,,,,,,", "wrong_cell_count"),
        ("m/g,Mug,12,,,,,", "bad_handle"),
        (f"mug,{'M' * 256},12,,,,,", "too_long"),
        (",Mug,12,,,,,", "handle_missing"),
        ("mug,M\x00g,12,,,,,", "nul_byte"),
        ('mug,"M"ug,12,,,,,', "unreadable_row"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(row: str, code: str) -> None:
    content = f"{HEADER}\npot,Pot,3,,,,,\n{row}\nbowl,Bowl,4,,,,,\n"
    assert code in {found for line, _handle, found in refusals(content) if line == 3}
    good = {draft.handle for draft in read(content) if isinstance(draft, ProductDraft)}
    assert "bowl" in good


def test_an_exact_price_may_be_written_long() -> None:
    assert product(f"{HEADER}\nmug,Mug,9.990,,,,,\n").variants[0].price.amount == 999
    assert refusals(f"{HEADER}\nmug,Mug,9.5,,,,,\n", currency="JPY") == [(2, "mug", "bad_price")]


def test_bytes_that_are_no_utf8_refuse_only_their_product() -> None:
    content = f"{HEADER}\npot,Pot,3,,,,,\n".encode() + b"caf\xe9,Caf\xe9,3,,,,,\n" + b"bowl,Bowl,4,,,,,\n"
    # The handle cannot be read, so the row may belong to the product before it.
    assert refusals(content) == [(3, "pot", "not_utf8")]
    content = f"{HEADER}\npot,Pot,3,,,,,\n".encode() + b"cafe,Caf\xe9,3,,,,,\n" + b"bowl,Bowl,4,,,,,\n"
    assert refusals(content) == [(3, "cafe", "not_utf8")]


def test_one_bad_row_refuses_its_whole_product_with_all_reasons() -> None:
    rows = "mug,,12,Glaze,Salt,,,\nmug,,x,,Clay,,,\nmug,,12,,Salt,,,\n"
    assert refusals(f"{HEADER}\n{rows}") == [
        (2, "mug", "title_missing"),
        (3, "mug", "bad_price"),
        (4, "mug", "duplicate_variant"),
    ]


def test_too_many_variants() -> None:
    rows = "".join(f"mug,{'Mug' if n == 0 else ''},12,{'Size' if n == 0 else ''},{n},,,\n" for n in range(251))
    assert (2, "mug", "too_many_variants") in refusals(f"{HEADER}\n{rows}")


def test_lines_are_those_of_the_file_even_after_a_cell_of_many() -> None:
    content = 'Handle,Title,Variant Price,Body (HTML)\nmug,Mug,12,"one\ntwo\nthree"\npot,Pot,x,\n'
    assert refusals(content) == [(5, "pot", "bad_price")]


def test_an_unclosed_quotation_mark_does_not_swallow_the_file() -> None:
    rows = "".join(f"pot-{n},Pot {'x' * 100},3,,,,,\n" for n in range(3_000))
    found = read(f'{HEADER}\nmug,"Mug,12,,,,,\n{rows}')
    assert isinstance(found[0], tuple)
    assert found[0][0].code == "unreadable_row"
    assert sum(isinstance(entry, ProductDraft) for entry in found) > 1_500


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"Handle;Title;Variant Price\nmug;Mug;12\n", "semicolons"),
        (b"Handle\tTitle\tVariant Price\n", "tabs"),
        (b"Handle,Title\nmug,Mug\n", "Variant Price"),
        (b"name,amount\n", "Handle"),
        (b"Handle,Title,Title,Variant Price\n", "twice"),
        ("Handle,Title,Variant Price\n".encode("utf-16"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
        (b"x" * 5_000_000, "4 MB"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(content: bytes, said: str) -> None:
    with pytest.raises(UnusableFile, match=said):
        read(content)


CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["mug", "pot", "Title", "Default Title", "12", "1e9", "true", "shopify", "products/a.svg", '"', "\n"]
    ),
)


@given(st.lists(st.lists(CELLS, max_size=9).map(",".join), max_size=12).map("\n".join))
def test_reading_never_fails_after_a_good_header(rows: str) -> None:
    for found in read(f"{HEADER}\n{rows}".encode("utf-8", "surrogatepass")):
        assert isinstance(found, ProductDraft) or (found and all(isinstance(r, RowRefusal) for r in found))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_words(content: bytes) -> None:
    with contextlib.suppress(UnusableFile):
        read(f"{HEADER}\n".encode() + content)
        read(content)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40),
    st.integers(0, 10**9),
    st.lists(st.from_regex(r"[A-Z][a-z]{1,8}", fullmatch=True), min_size=1, max_size=6, unique=True),
)
def test_a_product_written_down_is_read_back(handle: str, title: str, cents: int, values: list[str]) -> None:
    quoted = title.replace('"', '""')
    price = f"{cents // 100}.{cents % 100:02}"
    rows = "".join(
        f'{handle},"{quoted if n == 0 else ""}",{price},{"Size" if n == 0 else ""},{value},,,\n'
        for n, value in enumerate(values)
    )
    draft = product(f"{HEADER}\n{rows}")
    assert (draft.handle, draft.title) == (handle, {"en": title})
    assert [v.options[0]["en"] for v in draft.variants] == values
    assert {v.price.amount for v in draft.variants} == {cents}
