"""The form of a coupon's terms, and what was typed into it."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from app.console import amounts, days
from app.money import Money
from app.promotions.domain import Kind, Terms
from app.promotions.errors import BadCoupon
from app.web.formats import latin_digits

Form = Mapping[str, str]
POINTS_IN_A_PERCENT = 100


def terms(form: Form, currencies: tuple[str, ...], zone: ZoneInfo) -> Terms:
    """What the form says. Raises BadCoupon, BadAmount, BadDay."""
    if form.get("kind") not in list(Kind):
        raise BadCoupon(field="kind")
    kind = Kind(form["kind"])
    return Terms(
        kind=kind,
        basis_points=_points(form.get("percent", "")) if kind is Kind.PERCENT else 0,
        amounts=_amounts(form, "amount", currencies) if kind is Kind.FIXED else {},
        minimums=_amounts(form, "minimum", currencies),
        starts_at=days.begins(days.read(form.get("starts", "")), zone),
        ends_at=days.over(days.read(form.get("ends", "")), zone),
        max_uses=whole(form, "max_uses"),
        per_customer=whole(form, "per_customer"),
    )


def filled(said: Terms, zone: ZoneInfo, locale: str) -> dict[str, str]:
    """What stands in the fields of a coupon."""
    return {
        "kind": said.kind.value,
        "percent": f"{Decimal(said.basis_points) / POINTS_IN_A_PERCENT:f}" if said.basis_points else "",
        **{f"amount_{code}": amounts.shown(Money(amount, code)) for code, amount in said.amounts.items()},
        **{f"minimum_{code}": amounts.shown(Money(amount, code)) for code, amount in said.minimums.items()},
        "starts": days.shown(said.starts_at, zone, locale),
        "ends": days.shown(said.ends_at, zone, locale, last=True),
        "max_uses": str(said.max_uses or ""),
        "per_customer": str(said.per_customer or ""),
    }


def whole(form: Form, name: str) -> int | None:
    """A whole number in any digits; None for nothing. Raises BadCoupon."""
    digits = latin_digits(form.get(name, "").strip())
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise BadCoupon(field=name)
    return int(digits)


def _points(typed: str) -> int:
    text = latin_digits(typed).strip().rstrip("%٪").replace("٫", ".").replace(",", ".").strip()
    try:
        points = Decimal(text) * POINTS_IN_A_PERCENT
    except InvalidOperation:
        raise BadCoupon(field="basis_points") from None
    if not points.is_finite() or points != points.to_integral_value() or len(text) > 8:
        raise BadCoupon(field="basis_points")
    return int(points)


def _amounts(form: Form, name: str, currencies: tuple[str, ...]) -> dict[str, int]:
    """Amounts by currency; those that are empty or nothing are left out."""
    typed = {code: amounts.read(form.get(f"{name}_{code}", ""), code) for code in currencies}
    return {code: amount.amount for code, amount in typed.items() if amount}
