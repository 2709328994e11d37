"""Workers that deliver messages until they are killed: `python -m tests.faults.messenger URL KEYS LANES`.

The application is made once; each line that comes in begins a worker of its own, which says its process id with its first
message. KEYS is 1 if the provider at URL is to be believed to honour them.
"""

import os
import sys
import time
from contextlib import suppress

from app.channels import handing_over
from app.channels.outgoing import Accepted, OutcomeUnknown, OutgoingEmail
from app.recovery import delivery, gate, message_states
from app.recovery.content import Content
from app.recovery.parts import Parts
from app.recovery.values import Channel, Trigger
from tests.integration.recovery.delivering import Scripted

LEASE_SECONDS = 1.0


class Post:
    """A provider by HTTP, with a key for each message."""

    name = "post"

    def __init__(self, url: str, *, honours_keys: bool, says_first: bool = False) -> None:
        self.url, self.honours_keys = url, honours_keys
        self._unsaid = ["\n"] if says_first else []

    def say(self) -> None:
        """That it has something in its hands, or nothing to do; once, by whichever lane comes first."""
        with suppress(IndexError):
            os.write(1, f"{os.getpid()}{self._unsaid.pop()}".encode())

    def send(self, message: OutgoingEmail) -> Accepted:
        self.say()
        answer = handing_over.post(self.url, b"{}", {"Idempotency-Key": str(message.id)}, seconds=5)
        if answer.status != 202:
            raise OutcomeUnknown("not_understood")
        return Accepted(f"ref-{message.id}")


def parts_with(sender: Post) -> Parts:
    """Everything real but rendering, people and templates, which have tests of their own. Leases are short."""
    message_states.LEASE_SECONDS = gate.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[assignment]
    content = Content(name={}, trigger=Trigger.CART_ABANDONED)
    return Scripted().parts(content=lambda *_: content, senders=lambda: {Channel.EMAIL: sender})


def main(url: str, keys: str, lanes: str) -> None:
    from app.factory import create_app  # reads the environment, which whoever imports this for the rest may not have

    app = create_app()
    sender = Post(url, honours_keys=keys == "1", says_first=True)
    delivery.connect(parts_with(sender))
    for _line in sys.stdin:
        if not os.fork():
            try:
                with app.app_context():
                    while True:
                        delivery.deliver(app.config["CLOCK"].now, lanes=int(lanes))
                        sender.say()
                        time.sleep(0.01)
            finally:
                sender.say()  # or it would be waited for
                os._exit(1)
    # Those that were killed are not waited for before the end: whoever kills them must not meet another under their id.


if __name__ == "__main__":
    main(*sys.argv[1:4])
