"""What happens after what: each topic of the outbox with the room that carries it out."""

from app.accounts import letters
from app.channels import email
from app.events import relay


def subscribe() -> None:
    """Wire topics to handlers."""
    relay.handle(letters.TOPIC, email.deliver_letter)
