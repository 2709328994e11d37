"""Which of a batch's messages may be handed over now: by their provider's circuit, and by what it may be given in a second.

Asked for the whole batch at once, before any of it is decided about: a message that may not go costs no attempt. What was
granted and not used, because the gate let fewer pass, is given back.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from app.channels.outgoing import Refused, Sender, TryLater
from app.database.tenancy import use_store
from app.ids import StoreId
from app.recovery import breaker, rates
from app.recovery.values import Channel

if TYPE_CHECKING:
    from app.recovery.parts import Claimed

FAILING, BUSY = "provider_failing", "provider_busy"
WHILE_ONE_IS_TRIED = 10.0  # seconds
# The server answered, about this recipient alone (RFC 5321, 4.2.2; greylisting): nothing is wrong with the provider.
OF_RECIPIENTS = frozenset({"smtp_450", "smtp_451", "smtp_452"})

Place = tuple[str, StoreId]  # a provider's name, the store that sends


class Traffic:
    """One run of a worker's lane over what is due. Batch by batch: `channels`, `begin`, for each message `pause`, `end`.

    Lanes go `beside` each other like workers: what they may do is asked for by each, and settled in one place.
    """

    def __init__(self, senders: Mapping[Channel, Sender[Any]]) -> None:
        self._names = {channel: sender.name for channel, sender in senders.items()}
        self._granted: Counter[Place] = Counter()
        self._failing: dict[str, float] = {}  # seconds to wait, by provider
        self._busy: dict[Place, float] = {}
        self._queues: defaultdict[Place, count[int]] = defaultdict(partial(count, 1))  # those that were sent away
        self._probing: set[str] = set()
        self._unclean: set[str] = set()

    def beside(self) -> "Traffic":
        """For another lane of the same run: whom either sends away comes back in one row."""
        other = Traffic({})
        other._names, other._queues = self._names, self._queues
        return other

    def channels(self) -> tuple[Channel, ...]:
        """Those worth claiming for: where a circuit is open, messages stay as they are."""
        waits = {name: breaker.look(name).wait for name in set(self._names.values())}
        return tuple(channel for channel in Channel if not waits.get(self._names.get(channel, "")))

    def begin(self, claimed: Collection["Claimed"]) -> None:
        """Ask for what this batch needs."""
        self._failing.clear()
        self._busy.clear()
        wanted = Counter(self._place(message) for message in claimed if message.channel in self._names)
        for place, number in wanted.items():
            with use_store(place[1]):
                self._granted[place], wait = rates.take(place[0], number)
            if self._granted[place] < number:
                self._busy[place] = wait
        for name in {place[0] for place in wanted if self._granted[place]}:
            self._enter(name)

    def pause(self, message: "Claimed") -> tuple[float, str]:
        """How many seconds a message has to wait, and why; 0: it may go, and counts."""
        name = self._names.get(message.channel)
        if name is None:  # nobody sends there, as the gate will find
            return 0.0, ""
        place = self._place(message)
        if name in self._failing:
            return self._failing[name], FAILING
        if self._granted[place] > 0:
            self._granted[place] -= 1
            return 0.0, ""
        if name in self._probing:
            return WHILE_ONE_IS_TRIED, FAILING
        behind = next(self._queues[place])  # each a little later, so that they do not all come back at once
        with use_store(message.store_id):
            rate = rates.rate_of(name, of_store=True)
        return self._busy.get(place, 0.0) + behind / rate, BUSY

    def unused(self, message: "Claimed") -> None:
        """It was not handed over after all."""
        if message.channel in self._names:
            self._granted[self._place(message)] += 1

    def heard(self, message: "Claimed", failure: Exception | None) -> None:
        """What came of handing it over; None: it was taken."""
        name = self._names[message.channel]
        if failure is None or isinstance(failure, Refused) or _of_the_recipient(failure):
            if name in self._unclean:
                breaker.worked(name)
                self._unclean.discard(name)
            self._probing.discard(name)
            return
        self._unclean.add(name)
        self._probing.discard(name)
        wait = breaker.failed(name, seconds=failure.seconds if isinstance(failure, TryLater) else None)
        if wait:
            self._failing[name] = wait

    def end(self) -> None:
        """Give back what this batch did not need."""
        for (name, store_id), unused in self._granted.items():
            with use_store(store_id):
                rates.give_back(name, unused)
        self._granted.clear()
        for name in self._probing:
            breaker.leave(name)
        self._probing.clear()

    def _enter(self, name: str) -> None:
        circuit = breaker.look(name, take=True)
        if not circuit.clean:
            self._unclean.add(name)
        if circuit.wait:
            self._failing[name] = circuit.wait
        elif circuit.probe:
            self._probing.add(name)
            self._only_one(name)

    def _only_one(self, name: str) -> None:
        kept = 1
        for place in [place for place in self._granted if place[0] == name]:
            surplus = self._granted[place] - kept if self._granted[place] > kept else 0
            self._granted[place] -= surplus
            kept -= self._granted[place]
            with use_store(place[1]):
                rates.give_back(name, surplus)

    def _place(self, message: "Claimed") -> Place:
        return self._names[message.channel], message.store_id


def _of_the_recipient(failure: Exception) -> bool:
    return isinstance(failure, TryLater) and failure.reason in OF_RECIPIENTS
