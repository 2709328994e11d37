"""A store's taxes: which rate applies to which class of goods where. Pure values, kept as a setting."""

from typing import Annotated, Literal

import msgspec

STANDARD = "standard"
DELIVERY = "delivery"  # a class of its own only where delivery is taxed unlike other things
ANYWHERE = "*"


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate in basis points (1900 is 19 %) for a country (ISO 3166-1, `*` for all others) and a class of goods."""

    country: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{2}|\*)$")] = ANYWHERE
    tax_class: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] = STANDARD
    basis_points: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Taxes(msgspec.Struct, frozen=True, kw_only=True):
    """How a store taxes. `included`: prices contain the tax. `rounding`: of each line, or once per rate over the order."""

    included: bool = True
    rounding: Literal["line", "order"] = "line"
    rates: tuple[TaxRate, ...] = ()

    def rate(self, country: str, tax_class: str) -> int:
        """Basis points: the country's rate for the class, else its standard one; else what holds everywhere; else none."""
        for place in (country, ANYWHERE):
            known = {rate.tax_class: rate.basis_points for rate in self.rates if rate.country == place}
            if tax_class in known:
                return known[tax_class]
            if STANDARD in known:
                return known[STANDARD]
        return 0
