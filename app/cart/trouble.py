"""What went wrong with a wish, as the cart page shows it: the sentence, what was typed, and the wish once more on a button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.cart.errors import LineChanged
from app.errors import Refusal
from app.web.formats import LATIN, number
from app.web.language import gettext as _
from app.web.refusals import describe

CODE = "code"  # how the discount code's box is called among what was typed


@dataclass(frozen=True, slots=True)
class Retry:
    """The wish that was not carried out, and the form that would carry it out on the cart as it is now."""

    wish: str
    label: str
    action: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A refusal on the cart page. `typed` is what stood in a line's box, by the line's id, or in the code's."""

    sentence: str
    status: int
    typed: Mapping[str, str] = field(default_factory=dict)
    retry: Retry | None = None

    @property
    def about_code(self) -> bool:
        """Whether it is about a discount code: then it is said beside its box."""
        return CODE in self.typed


# Why a checkout led back to the cart; the word travels in the address.
SENT_BACK: dict[str, Callable[[], str]] = {
    "nothing_to_order": lambda: _("There is nothing in this order yet, so there is nothing to pay for."),
    "lines_to_resolve": lambda: _("Something in this order cannot be bought as it stands. Put it right, then go on."),
    "prices_to_accept": lambda: _("A price has changed since you saw it. Say that it is fine with you, then go on."),
    "guest_cart_moved": lambda: _("This cart was taken over in another tab. Look at it once more, then go on."),
}


def sent_back(why: str | None) -> Trouble | None:
    """What the cart says to somebody whom a checkout sent back here; nothing if nobody did."""
    sentence = SENT_BACK.get(why or "")
    return Trouble(sentence(), 200) if sentence else None


def trouble_of(refusal: Refusal, typed: Mapping[str, str], form: Mapping[str, str], path: str, locale: str) -> Trouble:
    """The trouble that `refusal` of the form sent to `path` means."""
    retry = _retry(refusal, form, path, locale) if isinstance(refusal, LineChanged) else None
    return Trouble(describe(refusal), refusal.status, {} if retry else typed, retry)


def guest_cart_lost() -> Trouble:
    """What a guest is told, once, whose cart is no longer there."""
    return Trouble(
        _("The cart from this device is no longer there. Sign in, and your cart stays with your account."), 200
    )


def _retry(refusal: LineChanged, form: Mapping[str, str], path: str, locale: str) -> Retry:
    titles = refusal.params["title"]
    name = titles.get(locale) or next(iter(titles.values()), "")
    wish, label = _words(form, path, name, locale)
    kept = [(key, form[key]) for key in ("quantity", "typed", "pane") if form.get(key)]
    return Retry(wish, label, path, (*kept, ("seen", str(refusal.params["quantity"]))))


def _words(form: Mapping[str, str], path: str, name: str, locale: str) -> tuple[str, str]:
    if path.endswith("/quantity"):
        digits = (form.get("quantity") or form.get("typed") or "").translate(LATIN).strip()
        quantity = number(int(digits), locale) if digits.isdigit() else digits
        if digits != "0":
            wish = _("%(name)s, %(quantity)s", name=name, quantity=quantity)
            return wish, _("Set %(name)s to %(quantity)s", name=name, quantity=quantity)
    if path.endswith("/pane"):
        if form.get("pane") == "active":
            return _("Move %(name)s to cart", name=name), _("Move %(name)s to cart", name=name)
        label = _("Save %(name)s for next purchase", name=name)
        return label, label
    return _("Remove %(name)s", name=name), _("Remove %(name)s", name=name)
