"""What the shop and the live process agree on: tickets, names in Valkey, messages. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from app.ids import parse_id
from app.tokens import CookieSigner, keyed_hash

TICKET_SECONDS = 900
SKEW_SECONDS = 60  # how far the clocks of two machines may be apart
KEPT_SECONDS = 7 * 86_400  # how long Valkey remembers what a cart's version was, and when a catalogue changed
VARIANTS_A_MESSAGE = 500
TOPIC_LENGTH = 32
STAFF = "staff:"  # what the topics of a store's staff begin with: a hash has no colon
TAIL_LENGTH = 12  # of a variant's id: enough to tell the lines of a cart apart; a mix-up costs one needless look

# KEYS: where the version is kept. ARGV: version, seconds to keep it, channel, message. A version never goes back, so
# messages of two processes may overtake each other; 0 says that the cart begins anew.
PUBLISH_CART = """
if ARGV[1] == '0' or tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return redis.call('PUBLISH', ARGV[3], ARGV[4])
"""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a page may listen to: one cart of one store, for a while, from one origin. Holds nobody's data."""

    store_id: UUID
    topic: str
    issued: int  # milliseconds
    origin: str  # hashed


@dataclass(frozen=True, slots=True)
class CartMessage:
    """A cart has this version now."""

    topic: str
    version: int


@dataclass(frozen=True, slots=True)
class CatalogueMessage:
    """Price, stock or texts of these variants changed at this time (milliseconds)."""

    stamp: int
    tails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """Something happened that the store's staff follow, at this time (milliseconds)."""

    stamp: int


class TicketOffice:
    """Issues and reads tickets, and names topics: all of it bound to the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._signer = CookieSigner(secret, "live-ticket")

    def topic(self, store_id: UUID, who: str) -> str:
        """The topic of somebody's cart: says nothing about whose it is, and cannot be guessed."""
        return keyed_hash(self._secret, "live-topic", f"{store_id}:{who}")[:TOPIC_LENGTH]

    def staff_topic(self, store_id: UUID) -> str:
        """The topic of a store's staff: all of them follow the same."""
        return STAFF + keyed_hash(self._secret, "live-staff", str(store_id))[: TOPIC_LENGTH - len(STAFF)]

    def issue(self, store_id: UUID, topic: str, origin: str, now: float) -> str:
        """A ticket for a page of `origin`."""
        return self._signer.sign(f"{store_id}.{topic}.{int(now * 1000)}.{self._hashed(origin)}")

    def read(self, text: str, now: float) -> Ticket | None:
        """The ticket, if it is ours and still good."""
        parts = (self._signer.read(text) or "").split(".")
        store_id = parse_id(parts[0])
        if len(parts) != 4 or store_id is None:
            return None
        ticket = Ticket(store_id, parts[1], int(parts[2]), parts[3])
        return ticket if -SKEW_SECONDS <= now - ticket.issued / 1000 <= TICKET_SECONDS else None

    def is_from(self, ticket: Ticket, origin: str) -> bool:
        """Whether the ticket was given to a page of this origin."""
        return ticket.origin == self._hashed(origin)

    def _hashed(self, origin: str) -> str:
        return keyed_hash(self._secret, "live-origin", origin.lower())[:16]


def channel(store_id: UUID) -> str:
    """Where a store's changes are told."""
    return f"dc:{store_id}:live"


def version_key(store_id: UUID, topic: str) -> str:
    """Where the last told version of a cart is kept."""
    return f"dc:{store_id}:live:{topic}"


def catalogue_key(store_id: UUID) -> str:
    """Where it is kept when the store's catalogue last changed."""
    return f"dc:{store_id}:live:catalogue"


def cart_message(topic: str, version: int) -> str:
    """What tells that a cart changed."""
    return f"cart {topic} {version}"


def catalogue_messages(stamp: int, variant_ids: Iterable[UUID]) -> Iterator[str]:
    """What tells that variants changed, cut into messages of bearable size."""
    tails = [tail(variant_id) for variant_id in variant_ids]
    for start in range(0, len(tails), VARIANTS_A_MESSAGE):
        yield " ".join(("catalogue", str(stamp), *tails[start : start + VARIANTS_A_MESSAGE]))


def staff_message(stamp: int) -> str:
    """What tells that something happened that staff follow."""
    return f"staff {stamp}"


def read_message(data: bytes) -> CartMessage | CatalogueMessage | StaffMessage | None:
    """The message, or None if it is none of ours (of a later release, perhaps)."""
    try:
        match data.decode().split(" "):
            case ["cart", topic, version]:
                return CartMessage(topic, int(version))
            case ["staff", stamp]:
                return StaffMessage(int(stamp))
            case ["catalogue", stamp, *tails]:
                return CatalogueMessage(int(stamp), tuple(tails))
    except ValueError:
        pass
    return None


def tail(variant_id: UUID | str) -> str:
    """How pages and messages name a variant."""
    return str(variant_id)[-TAIL_LENGTH:]
