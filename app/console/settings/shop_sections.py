"""Settings of the shop: the cart, prices and stock, checkout, currencies, who sells."""

from app.console.settings.items import Item, Section
from app.web.language import gettext as _

SHOP: tuple[Section, ...] = (
    Section(
        "cart",
        lambda: _("Cart"),
        lambda: _("What carts do by themselves, and how long they are kept."),
        (
            Item(
                "auto_activation",
                "switch",
                lambda: _("Bring saved things back with the next order"),
                lambda: _("When a shopper begins the order after one, what they saved comes back, with an undo."),
            ),
            Item(
                "price_rise_limit_percent",
                "number",
                lambda: _("Leave saved what has become dearer by more than"),
                lambda: _(
                    "Saved things whose price rose by more than this do not come back by themselves, and say why."
                ),
                "percent",
            ),
            Item(
                "lines_at_most",
                "number",
                lambda: _("Different things in a cart, at most"),
                lambda: _("Both panes together. Whoever has that many is told so when they add another."),
                "lines",
            ),
            Item(
                "guest_merge",
                "switch",
                lambda: _("Merge a guest's cart at sign-in"),
                lambda: _(
                    "What was put in the cart before signing in joins the account's; it can be undone for a day."
                ),
            ),
            Item(
                "guest_merge_rule",
                "choice",
                lambda: _("When both carts have the same thing"),
                lambda: _("Which quantity the merged cart has."),
                choices=(
                    ("larger", lambda: _("The larger quantity")),
                    ("sum", lambda: _("Both quantities added")),
                ),
            ),
            Item(
                "cart_expiry_days",
                "number",
                lambda: _("Keep an idle cart for"),
                lambda: _("A cart that nobody has touched for so long is archived; a guest's is forgotten."),
                "days",
            ),
        ),
    ),
    Section(
        "prices",
        lambda: _("Prices and stock"),
        lambda: _("What is checked before somebody pays, and how it is taxed."),
        (
            Item(
                "price_check",
                "switch",
                lambda: _("Check prices"),
                lambda: _(
                    "A price that changed is shown old and new and needs a nod. Off: the price when added holds."
                ),
            ),
            Item(
                "stock_check",
                "switch",
                lambda: _("Check stock"),
                lambda: _("What is short or sold out bars checkout. Off: it can be ordered all the same."),
            ),
            Item(
                "reservation_minutes",
                "number",
                lambda: _("Hold units during a payment for"),
                lambda: _("So long nobody else can buy them; then they go back on the shelf and the payment is over."),
                "minutes",
            ),
            Item(
                "taxes",
                "taxes",
                lambda: _("Taxes"),
                lambda: _("Which rate holds for which goods in which country. Orders that were placed keep theirs."),
            ),
        ),
    ),
    Section(
        "checkout",
        lambda: _("Checkout and delivery"),
        lambda: _("Who may order, where it goes and what that costs."),
        (
            Item(
                "guest_checkout",
                "switch",
                lambda: _("Order without an account"),
                lambda: _("Off: whoever wants to order must sign in first."),
            ),
            Item(
                "country",
                "country",
                lambda: _("The store's country"),
                lambda: _("What carts reckon delivery and tax with until an address is known."),
            ),
            Item(
                "delivery_countries",
                "countries",
                lambda: _("Deliver to"),
                lambda: _("Addresses elsewhere are refused at checkout."),
            ),
            Item(
                "delivery_methods",
                "delivery",
                lambda: _("Ways of delivery"),
                lambda: _("What can be chosen at checkout. Without any, nobody can order."),
            ),
        ),
    ),
    Section(
        "currencies",
        lambda: _("Currencies"),
        lambda: _("What prices are in. The store's own currency and its languages are among its facts."),
        (
            Item(
                "further_currencies",
                "currencies",
                lambda: _("Sell in these, too"),
                lambda: _("Products need a price in each; those without one cannot be bought in it."),
            ),
            Item(
                "currency_by_language",
                "by_language",
                lambda: _("Currency to begin with"),
                lambda: _("By the language somebody reads in, until they choose another."),
            ),
            Item(
                "rial_as_toman",
                "switch",
                lambda: _("Show rials as tomans"),
                lambda: _("Ten rials are a toman. Amounts are shown and typed in tomans."),
            ),
        ),
    ),
    Section(
        "seller",
        lambda: _("Who sells"),
        lambda: _("What the law wants on receipts and in letters."),
        (
            Item(
                "imprint",
                "imprint",
                lambda: _("Who sells"),
                lambda: _("Stands on receipts and at the end of letters from now on."),
            ),
        ),
    ),
)
