"""Orders as values for tests, with sums that the shop's own arithmetic made; nothing is stored."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from app.cart.totals import Item, sum_up
from app.ids import CustomerId, LineId, OrderId, ProductId, VariantId
from app.money import Money
from app.orders.values import (
    Address,
    Contact,
    Delivery,
    Order,
    OrderLine,
    OrderState,
    PaymentState,
    TaxLine,
)
from app.stores.letterhead import Letterhead
from app.stores.taxes import Taxes, TaxRate

PLACED_AT = datetime(2026, 11, 5, 7, 5, tzinfo=UTC)

HEAD = Letterhead(
    name="Toranj",
    origin="https://shop.example",
    zone="Asia/Tehran",
    seller="Toranj Home GmbH",
    address=("Torstraße 1", "10119 Berlin"),
    tax_number="DE123456789",
    email="hello@shop.example",
)
HEAD_FA = replace(HEAD, name="ترنج", seller="خانهٔ ترنج", address=("تهران، خیابان ولیعصر", "شمارهٔ ۱"))

BERLIN = Address(country="DE", street="Oranienstraße 12", postcode="10999", city="Berlin")
TEHRAN = Address(country="IR", street="خیابان ولیعصر، کوچهٔ یاس، پلاک ۷", postcode="1966733711", city="تهران")

GOODS: list[tuple[dict[str, str], dict[str, Any]]] = [
    (
        {"en": "Stoneware mugs, set of 2", "fa": "ماگ سرامیکی، دست دوتایی"},
        {
            "handle": "stoneware-mugs",
            "price": 3400,
            "options": (({"en": "Glaze", "fa": "لعاب"}, {"en": "Sea salt", "fa": "نمک دریا"}),),
        },
    ),
    ({"en": "Shab table lamp", "fa": "چراغ رومیزی شب"}, {"handle": "shab-table-lamp", "price": 11800}),
    (
        {"en": "Wool throw", "fa": "شال مبل پشمی"},
        {"handle": "wool-throw", "price": 4900, "quantity": 2, "wishes": (("Embroidery", "Shirin & رویا"),)},
    ),
    (
        {"en": "Tea tin", "fa": "قوطی چای"},
        {"handle": "tea-tin", "price": 1250, "tax_class": "food"},
    ),
]
TAXES = Taxes(
    rates=(
        TaxRate(basis_points=1900),
        TaxRate(tax_class="food", basis_points=700),
        TaxRate(tax_class="delivery", basis_points=1900),
    )
)


def make_order(
    *,
    lines: int = 4,
    currency: str = "EUR",
    scale: int = 1,
    discount: int = 0,
    coupon: str = "",
    delivery: int = 490,
    included: bool = True,
    taxed: bool = True,
    state: OrderState = OrderState.PLACED,
    payment: PaymentState = PaymentState.PAID,
    refunded: int = 0,
    locale: str = "en",
    address: Address | None = BERLIN,
    pickup: bool = False,
    identifier: int = 20418,
    **changes: Any,
) -> Order:
    """An order of `lines` lines from GOODS, over and over; amounts in minor units times `scale`."""
    goods = [GOODS[at % len(GOODS)] for at in range(lines)]
    taxes = Taxes(included=included, rates=TAXES.rates if taxed else ())
    units = [(facts.get("quantity", 1), facts["price"] * scale) for _title, facts in goods]
    items = [
        Item(str(at), Money(quantity * price, currency), facts.get("tax_class", "standard"))
        for at, ((_title, facts), (quantity, price)) in enumerate(zip(goods, units, strict=True))
    ]
    sums = sum_up(items, Money(discount * scale, currency), Money(delivery * scale, currency), taxes, "DE")
    order_lines = tuple(
        OrderLine(
            line_id=LineId(UUID(int=at + 1)),
            product_id=ProductId(UUID(int=at + 100)),
            variant_id=VariantId(UUID(int=at + 200)),
            sku=f"TOR-{facts['handle'][:3].upper()}-{at + 1}",
            handle=facts["handle"],
            title=title,
            options=facts.get("options", ()),
            wishes=facts.get("wishes", ()),
            image=f"products/{facts['handle']}.svg",
            quantity=quantity,
            unit_price=Money(price, currency),
            discount=share.discount,
            basis_points=share.basis_points,
            tax=share.tax,
        )
        for at, ((title, facts), (quantity, price), share) in enumerate(zip(goods, units, sums.items, strict=True))
    )
    none = Money(0, currency)
    paid = sums.total if payment in (PaymentState.PAID, PaymentState.PARTLY_REFUNDED, PaymentState.REFUNDED) else none
    order = Order(
        id=OrderId(UUID(int=identifier)),
        customer_id=CustomerId(UUID(int=7)),
        cart_id=UUID(int=8),
        cart_version=3,
        number=identifier,
        state=state,
        payment=payment,
        lines=order_lines,
        subtotal=sums.subtotal,
        discount=sums.discount,
        coupon_code=coupon,
        delivery_cost=sums.delivery,
        taxes_included=included,
        taxes=tuple(TaxLine(tax.basis_points, tax.base, tax.tax) for tax in sums.taxes),
        tax=sums.tax,
        total=sums.total,
        paid=paid,
        refunded=sums.total if payment is PaymentState.REFUNDED else Money(refunded * scale, currency),
        contact=Contact(email="roya@example.com", name="Roya Karimi"),
        address=None if pickup else address,
        delivery=Delivery(
            key="pickup" if pickup else "standard",
            title={"en": "Pickup in the shop", "fa": "تحویل در فروشگاه"}
            if pickup
            else {"en": "Standard delivery", "fa": "ارسال عادی"},
            earliest=date(2026, 11, 11),
            latest=date(2026, 11, 11) if pickup else date(2026, 11, 13),
            pickup=pickup,
        ),
        locale=locale,
        provider="card",
        payment_label="Card ending 4242" if locale == "en" else "کارت با چهار رقم آخر ۴۲۴۲",
        created_at=PLACED_AT,
        placed_at=PLACED_AT,
    )
    return replace(order, **changes)
