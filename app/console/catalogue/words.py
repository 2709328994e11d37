"""What is said about products, stock and files in the console."""

from collections.abc import Callable, Mapping
from typing import Any

from app.catalog.drafts import RowRefusal
from app.inventory.ledger import Kind
from app.stores.request import current_locale
from app.web.formats import number, plain_money
from app.web.language import gettext as _
from app.web.refusals import register

Sentence = Callable[[], str]

VIEWS: dict[str, Sentence] = {
    "": lambda: _("All"),
    "sold_out": lambda: _("Sold out"),
    "low": lambda: _("Few left"),
    "no_picture": lambda: _("No picture"),
    "withdrawn": lambda: _("Withdrawn"),
}

DONE: dict[str, Sentence] = {
    "created": lambda: _("The product is made. Look at it once more, then put it in the shop."),
    "said": lambda: _("Saved."),
    "same": lambda: _("Nothing was different, so nothing has changed."),
    "shown": lambda: _("The product is in the shop."),
    "withdrawn": lambda: _("The product is withdrawn. Carts that hold it say so."),
    "pictured": lambda: _("The pictures are saved."),
    "added": lambda: _("The variant is made."),
    "offered": lambda: _("The variant is for sale again."),
    "variant_withdrawn": lambda: _("The variant is withdrawn. Carts that hold it say so."),
    "priced": lambda: _("The price is changed. Open pages show it at once."),
    "price_taken_back": lambda: _("The price is as it was before."),
    "moved": lambda: _("The stock is changed."),
    "limited": lambda: _("Saved."),
}

KINDS: dict[Kind, Sentence] = {
    Kind.DELIVERY: lambda: _("Delivery came in"),
    Kind.RETURNED: lambda: _("Returned by a customer"),
    Kind.LOSS: lambda: _("Lost, broken or spoiled"),
    Kind.COUNT: lambda: _("Counted"),
    Kind.FILE: lambda: _("Set by a file"),
    Kind.ORDER: lambda: _("Taken for an order"),
    Kind.PUT_BACK: lambda: _("Put back from an order"),
}

STATES: dict[str, tuple[Sentence, str]] = {
    "reading": (lambda: _("Being read"), "lapis"),
    "checking": (lambda: _("Being checked"), "lapis"),
    "checked": (lambda: _("Checked, waits for you"), "saffron"),
    "applying": (lambda: _("Being brought in"), "lapis"),
    "done": (lambda: _("Brought in"), "turq"),
    "unusable": (lambda: _("Cannot be used"), "anar"),
    "discarded": (lambda: _("Put away"), "lapis"),
}

OUTCOMES: dict[str, tuple[Sentence, str]] = {
    "created": (lambda: _("new"), "turq"),
    "updated": (lambda: _("changed"), "saffron"),
    "unchanged": (lambda: _("unchanged"), "lapis"),
    "refused": (lambda: _("refused"), "anar"),
}

_REFUSED: dict[str, Sentence] = {
    "title_missing": lambda: _("The title is empty."),
    "handle_missing": lambda: _("The handle is empty, so nobody knows which product the row belongs to."),
    "bad_handle": lambda: _("The handle may hold letters, digits and hyphens."),
    "bad_type": lambda: _("The type needs at least one letter or digit."),
    "bad_price": lambda: _("The price is no number like 12.50."),
    "bad_number": lambda: _("A number is no whole number, or out of bounds."),
    "bad_limits": lambda: _("The largest quantity is below the smallest."),
    "bad_published": lambda: _("Published can be true or false."),
    "bad_status": lambda: _("Status can be active, draft or archived."),
    "bad_policy": lambda: _("The inventory policy can be deny or continue."),
    "bad_options": lambda: _("The options have gaps, or a value without a name."),
    "option_missing": lambda: _("A variant lacks a value for one of the options."),
    "duplicate_variant": lambda: _("Two rows of the product have the same options."),
    "duplicate_handle": lambda: _("The product stood further up already. All its rows must stand together."),
    "bad_image": lambda: _("A picture is neither an https address nor products/ and a file's name."),
    "too_long": lambda: _("A text is longer than it may be."),
    "too_many_variants": lambda: _("The product has more variants than possible."),
    "too_many_images": lambda: _("The product has more pictures than possible."),
    "too_many_rows": lambda: _("The product has more rows than possible."),
    "nul_byte": lambda: _("The row is damaged."),
    "not_utf8": lambda: _("The row is not encoded in UTF-8."),
    "unreadable_row": lambda: _("The quotation marks of the row are wrong."),
    "wrong_cell_count": lambda: _("The row has more or fewer cells than the header."),
    "failed": lambda: _("The product could not be written. The log of the application says why."),
}

_FIELDS: dict[str, Sentence] = {
    "title": lambda: _("Give the product a name in the store's first language."),
    "handle": lambda: _("The address may hold letters, digits and hyphens."),
    "category": lambda: _("Give the category a name with at least one letter or digit."),
    "limits": lambda: _(
        "The smallest and largest quantity are whole numbers from 1 to 999, the largest not below the smallest."
    ),
    "option": lambda: _("Give a value for each option, at least in the store's first language."),
    "units": lambda: _("Enter a whole number of units."),
    "price": lambda: _("Enter a price, like 12.50."),
    "compare_at": lambda: _("The price before the reduction must be above the price."),
    "image": lambda: _("Give an https address of a picture, or products/ and a file's name."),
    "image_twice": lambda: _("The product has this picture already."),
    "long": lambda: _("One of the texts is longer than it may be."),
    "variants": lambda: _("A product can have 250 variants."),
}


def refusal_words(refusal: RowRefusal) -> tuple[str, str]:
    """What is wrong with a row in the reader's language; and, where that is not English, the exact sentence in English."""
    words = _REFUSED.get(refusal.code)
    if current_locale() == "en" or words is None:
        return refusal.sentence, ""
    return words(), refusal.sentence


def _moved(params: Mapping[str, Any]) -> str:
    locale = current_locale()
    return _(
        "The stock has changed since you looked: %(seen)s then, %(available)s now. Nothing was set. Count again, or send it once more if your count is of now.",
        seen=number(params["seen"], locale),
        available=number(params["available"], locale),
    )


def _price_moved(params: Mapping[str, Any]) -> str:
    if params["price"] is None:
        return _("Somebody has changed the price meanwhile: it is not sold in this currency now. Nothing has changed.")
    price = plain_money(params["price"], current_locale())
    return _("Somebody has changed the price meanwhile: it is %(price)s now. Nothing has changed.", price=price)


register(
    {
        "stock_moved": _moved,
        "too_few_there": lambda p: _(
            "There are only %(available)s. Nothing has changed.", available=number(p["available"], current_locale())
        ),
        "stock_not_counted": lambda p: _("The stock of this variant is not counted. Have it counted first."),
        "bad_movement": lambda p: _("Enter a whole number of units, and a note of at most 200 letters."),
        "no_such_variant": lambda p: _("The product has no such variant."),
        "bad_product": lambda p: _FIELDS[p["field"]](),
        "handle_taken": lambda p: _("Another product has this address already. Choose another one."),
        "product_changed": lambda p: _(
            "Somebody has changed this product since you opened the page. Nothing was saved."
        ),
        "price_moved": _price_moved,
        "price_moved_on": lambda p: _("The price was changed again since, or taken back already. Nothing has changed."),
        "variant_exists": lambda p: _(
            "The product has a variant with these options already. A withdrawn one can be brought back."
        ),
        "import_not_found": lambda p: _("There is no such file."),
        "no_file": lambda p: _("Choose a file that is not empty."),
        "file_too_large": lambda p: _("A file may have 10 MB at most. Split it between two products."),
        "import_moved": lambda p: _("The file is at another point by now. Look at it as it is."),
    }
)
