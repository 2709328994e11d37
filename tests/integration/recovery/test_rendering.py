"""Messages from the cart as it is: live prices, what is sold out, the offer, languages, currencies, hostile names."""

from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert, text, update

from app.accounts.models import Customer
from app.cart import service
from app.cart.commands import AddItem
from app.cart.policy import Policy
from app.cart.service import Shopper
from app.cart.state import Pane
from app.catalog.models import Category, Product
from app.channels.outgoing import OutgoingEmail, OutgoingPush, OutgoingSms
from app.database.tenancy import current_store_id
from app.database.transaction import transaction
from app.ids import CustomerId, LineId, VariantId, new_id
from app.payments.manual import Manual
from app.promotions import service as promotions
from app.promotions.domain import Kind, Terms
from app.recovery import campaigns, presets
from app.recovery.content import Content, Incentive
from app.recovery.incentives import code_for
from app.recovery.reading import NoSuchMessage
from app.recovery.rendered import Links, NothingToOffer, Recipient
from app.recovery.rendering import render
from app.recovery.segments import measure
from app.stores.service import change_setting
from tests.conftest import NOW
from tests.factories import MadeProduct, hide, make_customer, make_product, sell_also_in, set_price, set_stock
from tests.ordering import STANDARD, TERMS, place, put, ready
from tests.recovery_messages import LINKS, READER, make_message

pytestmark = pytest.mark.usefixtures("in_store")
FA = Recipient(address="shirin@example.com", locale="fa")


def live(content: Content | None = None) -> tuple[UUID, int]:
    campaign_id = campaigns.create(content or presets.cart_reminder(), actor="test", now=NOW)
    campaigns.publish(campaign_id, 1, actor="test", now=NOW)
    return campaign_id, 1


def shopper(*variants: VariantId, pane: Pane = Pane.ACTIVE) -> CustomerId:
    customer_id = make_customer(f"{new_id()}@example.com")
    for variant_id in variants:
        put(customer_id, variant_id, pane=pane)
    return customer_id


def coded(message_id: UUID, incentive: Incentive) -> str:
    return code_for(SimpleNamespace(id=message_id), incentive, NOW)


def with_coupon(customer_id: CustomerId, code: str) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE carts SET coupon = :code WHERE customer_id = :customer"),
            {"code": code, "customer": customer_id},
        )


def put_in_rials(customer_id: CustomerId, variant_id: VariantId) -> None:
    command = AddItem(LineId(new_id()), variant_id, 1, Pane.ACTIVE)
    service.change(Shopper(customer_id), command, op_id=new_id(), currency="IRR", policy=Policy(), days=30, now=NOW)


def into_one_category(*product_ids: UUID) -> None:
    category_id = new_id()
    values = {"id": category_id, "slug": f"c{category_id}", "title": {"en": "All"}, "position": 1}
    with transaction() as session:
        session.execute(insert(Category).values(store_id=current_store_id(), **values))
        session.execute(update(Product).where(Product.id.in_(product_ids)).values(category_id=category_id))


def bought(*products: MadeProduct) -> None:
    customer_id = shopper(*(product.variant_id for product in products))
    place(customer_id, ready(customer_id, Manual.name), {Manual.name: Manual()})


def email(message_id: UUID, reader: Recipient = READER, links: Links = LINKS) -> OutgoingEmail:
    outgoing = render(message_id, reader, links, NOW).outgoing
    assert isinstance(outgoing, OutgoingEmail)
    return outgoing


def test_a_reminder_says_what_is_in_the_cart_at_todays_prices() -> None:
    lamp, mugs = make_product("Table lamp", price=11_800), make_product("Mugs", price=3_800)
    customer_id = shopper(lamp.variant_id, mugs.variant_id)
    set_price(mugs, 3_400)
    rendered = render(make_message(customer_id, campaign=live()), READER, LINKS, NOW)
    sent = rendered.outgoing
    assert isinstance(sent, OutgoingEmail)
    assert (sent.subject, sent.to, sent.sender_name) == (
        "Your cart is where you left it", "shirin@example.com", "Test store")  # fmt: skip
    for part in (sent.html, sent.text):
        assert "Table lamp" in part
        assert "€34.00" in part
        assert "€4.00 less than when you added it" in part
        assert "€152.00" in part
        assert LINKS.recover in part
        assert LINKS.preferences in part
        assert "{{" not in part
        assert "on Thursday" in part  # left two days before a Saturday
    assert '<html lang="en" dir="ltr"' in sent.html
    assert len(sent.html.encode()) < 40_000
    assert sent.headers == {
        "List-Unsubscribe": f"<{LINKS.one_click}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}  # fmt: skip
    assert rendered.shown["total"] == {"amount": 15_200, "currency": "EUR"}
    assert [item["name"] for item in rendered.shown["items"]] == ["Table lamp", "Mugs"]
    assert "shirin" not in msgspec.json.encode(rendered.shown).decode().lower()


def test_in_persian_it_is_persian_throughout() -> None:
    sell_also_in("IRR")
    customer_id = shopper(make_product("Table lamp", price=11_800).variant_id)
    sent = email(make_message(customer_id, campaign=live()), FA)
    assert sent.subject == "سبدتان همان‌جا منتظر شماست"
    assert '<html lang="fa" dir="rtl"' in sent.html
    assert "شال مبل پشمی" in sent.html
    assert "‎€۱۱۸٫۰۰" in sent.text or "۱۱۸" in sent.text
    for english in ("Total", "Table lamp", "Open my cart", "Stop reminders"):
        assert english not in sent.html
        assert english not in sent.text


def test_the_customers_own_language_is_taken_where_the_recipient_names_none() -> None:
    customer_id = shopper(make_product().variant_id)
    with transaction() as session:
        session.execute(update(Customer).where(Customer.id == customer_id).values(locale="fa"))
    assert email(make_message(customer_id, campaign=live())).locale == "fa"


def test_a_language_the_store_does_not_speak_is_not_written() -> None:
    customer_id = shopper(make_product().variant_id)
    assert email(make_message(customer_id, campaign=live()), Recipient("a@example.com", "ja")).locale == "en"


def test_the_other_arm_has_the_other_subject() -> None:
    customer_id = shopper(make_product().variant_id)
    assert email(make_message(customer_id, campaign=live(), arm="b")).subject == "Still thinking it over?"


def test_what_is_sold_out_is_not_sold_but_replaced() -> None:
    gone, like, other = (make_product(title, price=1_000) for title in ("Gone", "Like it", "Something else"))
    into_one_category(gone.id, like.id)
    customer_id = shopper(gone.variant_id, other.variant_id)
    set_stock(gone, 0)
    rendered = render(make_message(customer_id, campaign=live()), READER, LINKS, NOW)
    sent = rendered.outgoing
    assert isinstance(sent, OutgoingEmail)
    for part in (sent.html, sent.text):
        assert "Sold out for now." in part
        assert "Similar, and in stock:" in part
        assert f"/products/{like.handle}" in part
    assert rendered.shown["total"]["amount"] == 1_000
    assert [thing["name"] for thing in rendered.shown["missing"]] == ["Gone"]


def test_what_others_bought_with_it_comes_after_what_is_like_it() -> None:
    gone, bought_with, other = (make_product(title) for title in ("Gone", "Bought with it", "Something else"))
    for _ in range(2):
        bought(gone, bought_with)
    bought(gone, other)
    customer_id = shopper(gone.variant_id, other.variant_id)
    set_stock(gone, 0)
    assert f"/products/{bought_with.handle}" in email(make_message(customer_id, campaign=live())).text


def test_where_nothing_can_be_bought_nothing_is_sent() -> None:
    gone, hidden = make_product("Gone"), make_product("Hidden")
    message_id = make_message(shopper(gone.variant_id, hidden.variant_id), campaign=live())
    set_stock(gone, 0)
    hide(hidden)
    with pytest.raises(NothingToOffer):
        render(message_id, READER, LINKS, NOW)


def test_an_empty_cart_is_nothing_to_write_about() -> None:
    customer_id = shopper(make_product().variant_id, pane=Pane.NEXT_PURCHASE)
    with pytest.raises(NothingToOffer):
        render(make_message(customer_id, campaign=live()), READER, LINKS, NOW)


def test_a_message_that_is_not_there() -> None:
    with pytest.raises(NoSuchMessage):
        render(new_id(), READER, LINKS, NOW)


def test_the_offer_is_in_the_total_and_visible() -> None:
    campaign = live()
    message_id = make_message(shopper(make_product(price=10_000).variant_id), campaign=campaign, step=2)
    code = coded(message_id, presets.FIVE_PERCENT)
    rendered = render(message_id, READER, LINKS, NOW)
    sent = rendered.outgoing
    assert isinstance(sent, OutgoingEmail)
    assert sent.subject == "5% off your cart until Wednesday"
    for part in (sent.html, sent.text):
        assert code in part
        assert "Your offer: 5% off" in part
        assert "€95.00" in part
    assert rendered.shown["offer"]["off"] == 500
    assert code not in msgspec.json.encode(rendered.shown).decode()


def test_a_better_code_that_the_cart_has_already_wins() -> None:
    promotions.create("AUTUMN10", Terms(Kind.PERCENT, basis_points=1_000), now=NOW)
    customer_id = shopper(make_product(price=10_000).variant_id)
    with_coupon(customer_id, "AUTUMN10")
    message_id = make_message(customer_id, campaign=live(), step=2)
    coded(message_id, presets.FIVE_PERCENT)
    rendered = render(message_id, READER, LINKS, NOW)
    assert rendered.problems == ("own_code_better",)
    assert rendered.shown["total"]["amount"] == 9_000
    assert "AUTUMN10" in rendered.outgoing.text
    assert isinstance(rendered.outgoing, OutgoingEmail)
    assert rendered.outgoing.subject == "Your cart is still here"


def test_an_offer_that_ended_is_not_made() -> None:
    message_id = make_message(shopper(make_product(price=10_000).variant_id), campaign=live(), step=2)
    coded(message_id, presets.FIVE_PERCENT)
    late = render(message_id, READER, LINKS, NOW + timedelta(days=5))
    assert late.problems == ("offer_worth_nothing",)
    assert late.shown["total"]["amount"] == 10_000


def test_free_delivery_is_only_spoken_of_where_delivery_costs() -> None:
    change_setting(key="delivery_methods", value=[STANDARD], actor="test", now=NOW)
    change_setting(key="taxes", value=TERMS.taxes, actor="test", now=NOW)
    message_id = make_message(
        shopper(make_product(price=1_000).variant_id), campaign=live(presets.cart_reminder_free_delivery()), step=3
    )
    coded(message_id, presets.FREE_DELIVERY)
    sent = email(message_id)
    assert sent.subject == "Delivery is on us until Wednesday"
    assert "with free delivery" in sent.text
    assert "€10.00" in sent.text
    assert "Your offer: free delivery" in sent.html


def test_delivery_is_in_the_total() -> None:
    change_setting(key="delivery_methods", value=[STANDARD], actor="test", now=NOW)
    sent = email(make_message(shopper(make_product(price=1_000).variant_id), campaign=live()))
    assert "€14.90 (with delivery from €4.90)" in sent.text


def test_what_is_saved_besides_is_mentioned() -> None:
    customer_id = shopper(make_product().variant_id)
    put(customer_id, make_product("Rug").variant_id, 3, Pane.NEXT_PURCHASE)
    sent = email(make_message(customer_id, campaign=live()))
    assert "You also have 3 items saved for your next purchase." in sent.html
    assert "You also have 3 items saved for your next purchase." in sent.text


def test_of_many_items_the_first_are_shown_and_the_rest_counted() -> None:
    customer_id = shopper(*(make_product(f"Thing {number}").variant_id for number in range(14)))
    sent = email(make_message(customer_id, campaign=live()))
    assert "Thing 9" in sent.html
    assert "Thing 10" not in sent.html
    assert "And 4 more items." in sent.html
    assert "And 4 more items." in sent.text
    assert len(sent.html.encode()) < 40_000


def test_sms_and_push_have_their_own_shape() -> None:
    campaign = live(presets.cart_reminder_channels())
    customer_id = shopper(make_product("Lamp", price=15_200).variant_id)
    sms = render(make_message(customer_id, campaign=campaign, step=3, channel="sms"), READER, LINKS, NOW)
    assert isinstance(sms.outgoing, OutgoingSms)
    assert sms.outgoing.text == (
        "Test store: your cart is saved, €152.00. Open it: shop.example/r/AAAAAAAAAAAAAAAAAAAAAA Reply STOP to stop."
    )
    assert sms.segments == measure(sms.outgoing.text).count == 1
    push = render(make_message(customer_id, campaign=campaign, step=2, channel="push"), READER, LINKS, NOW)
    assert isinstance(push.outgoing, OutgoingPush)
    assert (push.outgoing.endpoint, push.outgoing.p256dh, push.outgoing.url) == (READER.address, "key", LINKS.recover)
    assert (push.outgoing.title, push.outgoing.text) == ("Your cart is where you left it", "Lamp, €152.00")


HOSTILE = 'Mug\r\nBcc: x@example.com <script>alert(1)</script> "{{ 7 * 7 }}" \u2028 & \u202e\x07 </mj-text>'


def test_names_cannot_break_out_of_headers_markup_or_templates() -> None:
    product = make_product(price=1_000)
    with transaction() as session:
        session.execute(
            text("UPDATE products SET title = CAST(:title AS jsonb) WHERE id = :id"),
            {"title": msgspec.json.encode({"en": HOSTILE}).decode(), "id": product.id},
        )
    content = presets.cart_reminder()
    texts = {
        locale: msgspec.structs.replace(words, subject="{{ first_item }}")
        for locale, words in content.steps[0].texts.items()
    }
    first = msgspec.structs.replace(content.steps[0], texts=texts)
    campaign = live(msgspec.structs.replace(content, steps=(first, *content.steps[1:])))
    links = Links(LINKS.recover, LINKS.preferences, LINKS.one_click + ">\r\nX-Evil: 1")
    sent = email(make_message(shopper(product.variant_id), campaign=campaign), links=links)
    message = EmailMessage()
    message["Subject"] = sent.subject  # refuses line breaks
    for name, value in sent.headers.items():
        message[name] = value
        assert not any(letter in value for letter in "\r\n\u2028")
    assert "\u2028" not in sent.subject
    assert "49" not in sent.subject
    assert "<script" not in sent.html
    assert "&lt;script&gt;" in sent.html
    assert "\u202e" not in sent.html + sent.text + sent.subject
    assert "\x07" not in sent.html + sent.text + sent.subject


def test_words_that_cannot_be_used_do_not_keep_the_reminder_from_its_reader() -> None:
    campaign_id, version = live()
    broken = presets.cart_reminder()
    texts = {
        locale: msgspec.structs.replace(words, lead="{{ nobody.__class__ }}")
        for locale, words in broken.steps[0].texts.items()
    }
    steps = (msgspec.structs.replace(broken.steps[0], texts=texts),)
    document = msgspec.to_builtins(msgspec.structs.replace(broken, steps=steps))
    with transaction() as session:  # as a bug, or an older release, may have left it
        session.execute(
            text("""INSERT INTO campaign_versions (store_id, campaign_id, version, content, published_at)
                    SELECT store_id, campaign_id, 2, CAST(:content AS jsonb), published_at FROM campaign_versions
                    WHERE campaign_id = :id"""),
            {"content": msgspec.json.encode(document).decode(), "id": campaign_id},
        )
    message_id = make_message(shopper(make_product().variant_id), campaign=(campaign_id, version + 1))
    rendered = render(message_id, READER, LINKS, NOW)
    assert rendered.problems == ("words_refused",)
    assert isinstance(rendered.outgoing, OutgoingEmail)
    assert rendered.outgoing.subject == "Your cart is where you left it"


def saved_message(trigger: str, **named: Any) -> tuple[Any, Any, UUID]:
    rug, board = make_product("Rug", price=5_000), make_product("Board", price=3_600)
    customer_id = shopper(rug.variant_id, board.variant_id, pane=Pane.NEXT_PURCHASE)
    preset = {"next_purchase": "next_purchase_nudge"}.get(trigger, trigger)
    campaign = live(presets.PRESETS[preset]())
    return rug, board, make_message(customer_id, campaign=campaign, trigger=trigger, **named)


def test_the_nudge_counts_what_waits() -> None:
    _rug, _board, message_id = saved_message("next_purchase")
    sent = email(message_id)
    assert sent.subject == "2 things waiting for your next order"
    assert "Total" not in sent.html
    assert email(message_id, FA).subject == "۲ کالا منتظر سفارش بعدی شماست"


def test_a_price_that_fell_is_told_with_the_difference() -> None:
    rug, board, message_id = saved_message("price_dropped")
    with pytest.raises(NothingToOffer):
        render(message_id, READER, LINKS, NOW)
    set_price(board, 2_900)
    sent = email(message_id)
    assert sent.subject == "The Board you saved is €7.00 less"
    assert "It costs €29.00 today. When you saved it, it was €36.00." in sent.text
    assert rug.handle not in sent.text
    assert "Rug" not in sent.text


def test_what_is_back_is_told_of_and_nothing_else() -> None:
    rug, board = make_product("Rug", price=5_000), make_product("Board", price=3_600)
    customer_id = shopper(rug.variant_id, board.variant_id, pane=Pane.NEXT_PURCHASE)
    message_id = make_message(
        customer_id,
        campaign=live(presets.back_in_stock()),
        trigger="back_in_stock",
        subject={"variant_ids": [str(rug.variant_id)]},
    )
    sent = email(message_id)
    assert sent.subject == "The Rug you saved is back"
    assert "Board" not in sent.text
    set_stock(rug, 0)
    with pytest.raises(NothingToOffer):
        render(message_id, READER, LINKS, NOW)


def test_after_a_salvage_it_is_said_where_the_items_went() -> None:
    customer_id = shopper(make_product("Rug").variant_id, pane=Pane.NEXT_PURCHASE)
    sent = email(make_message(customer_id, kind="saved_notice", step=0))
    assert sent.subject == "We saved your items"
    assert "Put it back in my cart: " + LINKS.recover in sent.text
    assert "Total" not in sent.text
    assert email(make_message(customer_id, kind="saved_notice", step=0), FA).subject == "کالاهایتان را نگه داشتیم"


@pytest.mark.parametrize("with_campaign", [True, False], ids=["campaign", "no-campaign"])
def test_by_hand_the_first_steps_words_are_sent(with_campaign: bool) -> None:
    customer_id = shopper(make_product("Rug").variant_id)
    message_id = make_message(customer_id, kind="manual", step=0, campaign=live() if with_campaign else None)
    assert email(message_id).subject == "Your cart is where you left it"


def test_prices_are_in_the_carts_currency() -> None:
    sell_also_in("IRR")
    product = make_product("Lamp", price=1_000, further={"IRR": 4_200_000})
    customer_id = make_customer(f"{new_id()}@example.com")
    put_in_rials(customer_id, product.variant_id)
    sent = email(make_message(customer_id, campaign=live()), FA)
    assert "۴۲۰٬۰۰۰\N{NO-BREAK SPACE}تومان" in sent.text
    assert "€" not in sent.text
