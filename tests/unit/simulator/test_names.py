"""People who do not exist: addresses that lead nowhere, places where the store delivers."""

from hypothesis import given
from hypothesis import strategies as some

from app.simulator.names import DOMAIN, identity


@given(number=some.integers(0, 10_000), locale=some.sampled_from(["en", "fa"]))
def test_everybody_has_an_address_of_their_own_that_leads_nowhere(number: int, locale: str) -> None:
    one = identity("seed", number, locale, ("DE", "AT", "IR"))
    assert one == identity("seed", number, locale, ("DE", "AT", "IR"))
    assert one.contact.email.isascii()
    assert one.contact.email.endswith(f"-{number}@{DOMAIN}")
    assert one.address.country in ("DE", "AT", "IR")
    assert (one.address.country == "IR") == (locale == "fa")


def test_who_would_live_where_nothing_is_delivered_lives_elsewhere() -> None:
    assert {identity("seed", number, "fa", ("DE",)).address.country for number in range(50)} == {"DE"}
