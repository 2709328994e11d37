"""Every drawing of ours that a letter may show has a PNG beside it."""

from pathlib import Path

PRODUCTS = Path(__file__).resolve().parents[3] / "static" / "img" / "products"


def test_each_drawing_has_its_picture_for_mails() -> None:
    drawn = {path.stem for path in PRODUCTS.glob("*.svg")}
    assert drawn
    assert drawn == {path.stem for path in PRODUCTS.glob("*.png")}
