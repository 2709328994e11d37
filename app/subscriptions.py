"""What happens after what: each topic of the outbox with the room that carries it out, and who waits for a sign-in."""

from app.accounts import letters, service
from app.cart import context as cart
from app.channels import email
from app.events import relay
from app.payments import demo_bank


def subscribe() -> None:
    """Wire topics to handlers, and sign-in to the merge of carts."""
    relay.handle(letters.TOPIC, email.deliver_letter)
    relay.handle(demo_bank.TOPIC, demo_bank.deliver)
    service.on_sign_in(cart.merge_guest_cart)
