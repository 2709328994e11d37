"""A file brought in step by step: checked without a change, applied once, by whoever is left alive; and the way out and in again."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.catalog import import_job, imports
from app.catalog.drafts import ProductDraft
from app.catalog.file_import import import_file
from app.catalog.importing import Taken
from app.catalog.shopify_export import export_catalogue
from app.database.base import db
from app.database.tenancy import use_store
from app.database.transaction import finish_reading, transaction
from app.ids import VariantId, new_id
from app.inventory import ledger
from app.inventory.reservations import put_back, reserve
from tests.conftest import NOW, TestStore
from tests.factories import make_product
from tests.integration.catalog.conftest import SHOP, Import
from tests.integration.catalog.test_importing import HEADER, everything

ROWS = [f"p{n},Product {n},{n}.50,,,shopify,{n}" for n in range(1, 6)]
FILE = "\n".join([HEADER, *ROWS, "bad,,x,,,,"]).encode()


def begin(body: bytes = FILE) -> UUID:
    """A file that was sent, and that no worker has seen yet."""
    import_id = imports.begin(body, "products.csv", actor="staff:x", now=NOW)
    with transaction() as session:
        session.execute(text("UPDATE outbox SET done_at = now()"))
    return import_id


def handles() -> list[str]:
    found = list(db.session.execute(text("SELECT handle FROM products ORDER BY handle")).scalars())
    finish_reading()
    return found


def carried(import_id: UUID) -> imports.ImportView:
    assert import_job.carry_on(import_id, now=NOW, seconds=60)
    return imports.get(import_id)


def test_checked_changes_nothing_then_applied(in_store: TestStore, asleep: None) -> None:
    import_id = begin()
    before = everything()
    found = carried(import_id)
    assert (found.state, found.total, found.done) == ("checked", 6, 6)
    assert found.counts == {"created": 5, "updated": 0, "unchanged": 0, "refused": 1}
    assert everything() == before
    refused = imports.report(import_id, wanted="refused")
    assert {refusal.code for row in refused for refusal in row.refusals} == {"title_missing", "bad_price"}
    imports.apply(import_id, now=NOW)
    found = carried(import_id)
    assert (found.state, found.done, found.counts["created"]) == ("done", 6, 5)
    assert len(handles()) == 5
    kept = db.session.execute(text("SELECT count(draft) FROM catalogue_import_rows")).scalar_one()
    assert kept == 0
    again = begin()
    assert carried(again).counts["unchanged"] == 5
    with pytest.raises(imports.ImportMoved):
        imports.apply(import_id, now=NOW)


def test_in_slices_and_after_a_worker_died(in_store: TestStore, asleep: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = begin()
    carried(import_id)
    imports.apply(import_id, now=NOW)
    assert not import_job.carry_on(import_id, now=NOW, seconds=0)
    assert len(handles()) == 1
    # Died in the middle of a product: after it was written, before that could be noted.
    real = import_job.import_product

    def dies(draft: ProductDraft, **how: Any) -> Taken:
        real(draft, **how)
        raise KeyboardInterrupt

    monkeypatch.setattr(import_job, "import_product", dies)
    with pytest.raises(KeyboardInterrupt):
        import_job.carry_on(import_id, now=NOW, seconds=60)
    monkeypatch.setattr(import_job, "import_product", real)
    assert len(handles()) == 1
    assert imports.get(import_id).done == 2  # one product, and the one that was refused
    assert import_job.carry_on_all(NOW, seconds=60) == 1
    assert (imports.get(import_id).state, len(handles())) == ("done", 5)


def test_one_worker_at_a_time_passes_the_other_by(app: Flask, in_store: TestStore, asleep: None) -> None:
    import_id = begin()
    carried(import_id)
    imports.apply(import_id, now=NOW)
    with app.app_context(), use_store(in_store.id), transaction() as session:
        assert session.execute(import_job.LOCK, {"store": in_store.id, "id": import_id, "state": "applying"}).first()
        from threading import Thread

        done: list[bool] = []

        def other() -> None:
            with app.app_context(), use_store(in_store.id):
                done.append(import_job.carry_on(import_id, now=NOW, seconds=60))

        thread = Thread(target=other)
        thread.start()
        thread.join(30)
        assert done == [True]
    assert handles() == []
    assert carried(import_id).state == "done"


def test_a_product_the_database_will_not_have_keeps_nobody_waiting(
    in_store: TestStore, asleep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = begin()
    carried(import_id)
    imports.apply(import_id, now=NOW)
    real = import_job.import_product

    def breaks(draft: ProductDraft, **how: Any) -> Taken:
        if draft.handle == "p2":
            db.session.execute(text("SELECT 1/0"))
        return real(draft, **how)

    monkeypatch.setattr(import_job, "import_product", breaks)
    found = carried(import_id)
    assert (found.state, found.counts["created"], found.counts["refused"]) == ("done", 4, 2)
    assert "failed" in {refusal.code for row in imports.report(import_id) for refusal in row.refusals}
    assert handles() == ["p1", "p3", "p4", "p5"]


@pytest.mark.parametrize(
    "body",
    [b"\x00\x01", b"a,b\n1,2", b"Handle;Title;Variant Price\n", b"\xff\xfe"],
    ids=["nul", "other", "semicolons", "utf16"],
)
def test_what_is_no_product_file_says_so(in_store: TestStore, asleep: None, body: bytes) -> None:
    found = carried(begin(body))
    assert found.state == "unusable"
    assert found.unusable
    with pytest.raises(imports.ImportMoved):
        imports.apply(found.id, now=NOW)


def test_empty_and_endless_files_are_refused(in_store: TestStore, asleep: None) -> None:
    with pytest.raises(imports.NoFile):
        imports.begin(b"  \n", "x.csv", actor="", now=NOW)
    with pytest.raises(imports.FileTooLarge):
        imports.begin(b"x" * (imports.LARGEST_FILE + 1), "x.csv", actor="", now=NOW)
    found = imports.get(imports.begin(FILE, "C:\\secret\\..\\pro\x00ducts.csv", actor="", now=NOW))
    assert found.file_name == "products.csv"
    imports.discard(found.id, now=NOW)
    assert imports.list_recent() == []


def exported() -> str:
    lines = "".join(export_catalogue(currency="EUR", locale="en"))
    finish_reading()
    return lines


def reimported(body: str) -> Iterator[Any]:
    return import_file(io.BytesIO(body.encode()), currency="EUR", locale="en", now=NOW)


def test_what_goes_out_comes_in_again_unchanged(take: Import, in_store: TestStore) -> None:
    take(SHOP.read_bytes())
    make_product(
        "=SUM(A1)", handle="formula", price=0, available=None, fa="'+quoted", minimum=2, maximum=7, status="hidden"
    )
    make_product("Salt & <b>pepper</b>", handle="salt", price=1234, available=3, further={"IRR": 5_000_000})
    with transaction() as session:
        session.execute(text("UPDATE products SET body = jsonb_build_object('en', 'A & B' || chr(10) || '<i>C</i>')"))
    body = exported()
    first = {result.handle: result.outcome for result in reimported(body)}
    assert set(first.values()) <= {
        "updated",
        "unchanged",
    }  # made by hand above, their words for the search are not the import's
    before = everything()
    body = exported()
    assert {result.outcome for result in reimported(body)} == {"unchanged"}
    assert everything() == before
    assert "'=SUM(A1)" in body
    assert exported() == body


def test_the_demos_catalogue_round_trips(in_store: TestStore) -> None:
    from app.demo.seed import CATALOGUE

    with CATALOGUE.open("rb") as file:
        assert all(result.outcome == "created" for result in import_file(file, currency="EUR", locale="en", now=NOW))
    assert {result.outcome for result in reimported(exported())} == {"unchanged"}


def test_the_ledger_has_every_movement(take: Import, in_store: TestStore) -> None:
    product = make_product("Kettle", available=5)
    variant, order = VariantId(product.variant_id), new_id()
    with transaction():
        assert reserve(order, {variant: 2}, check=True, now=NOW) == {}
    with transaction():
        put_back(order, now=NOW)
    moved = [(str(one.kind), one.before, one.after, one.holder_id) for one in ledger.list_movements(variant)]
    assert moved == [("put_back", 3, 5, order), ("order", 5, 3, order)]
    take(f"{HEADER}\nx,X,1,,,shopify,4")
    take(f"{HEADER}\nx,X,1,,,shopify,9")
    found = db.session.execute(
        text("SELECT v.id FROM variants v JOIN products p ON p.id = v.product_id WHERE p.handle = 'x'")
    )
    moved_by_file = [
        (str(one.kind), one.before, one.after) for one in ledger.list_movements(VariantId(found.scalar_one()))
    ]
    assert moved_by_file == [("file", 4, 9), ("file", 0, 4)]
