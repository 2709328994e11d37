"""Names, places and addresses of people who do not exist. Pure. All mail addresses end in .example (RFC 2606)."""

from dataclasses import dataclass
from random import Random

from app.orders.values import Address, Contact

DOMAIN = "people.example"
ENGLISH = (
    ("Anna", "Jonas", "Lea", "Felix", "Marie", "Paul", "Sophie", "Emil", "Clara", "Ben", "Greta", "Noah", "Ida", "Oskar",
     "Lotte", "Hugo", "Nina", "Tom", "Eva", "Jan"),
    ("Becker", "Schulz", "Hoffmann", "Vogel", "Keller", "Brandt", "Winkler", "Lorenz", "Baumann", "Krause", "Otto",
     "Haas", "Engel", "Busch", "Kuhn", "Ziegler", "Arnold", "Seidel", "Jansen", "Moreau"),
)  # fmt: skip
PERSIAN = (
    ("شیرین", "رضا", "مریم", "علی", "نیلوفر", "سهراب", "لیلا", "کاوه", "پریسا", "بهرام", "نگار", "امید", "سارا", "آرش"),
    ("کریمی", "احمدی", "رضایی", "حسینی", "مرادی", "شریفی", "نادری", "صادقی", "رستمی", "کاظمی", "فرهادی", "بهرامی"),
)
LATIN = {
    "شیرین": "shirin", "رضا": "reza", "مریم": "maryam", "علی": "ali", "نیلوفر": "niloufar", "سهراب": "sohrab",
    "لیلا": "leila", "کاوه": "kaveh", "پریسا": "parisa", "بهرام": "bahram", "نگار": "negar", "امید": "omid",
    "سارا": "sara", "آرش": "arash",
}  # fmt: skip
# Country, postcode, city and the zone that a browser there says.
PLACES = (
    ("DE", "10969", "Berlin", "Europe/Berlin"), ("DE", "20095", "Hamburg", "Europe/Berlin"),
    ("DE", "80331", "München", "Europe/Berlin"), ("DE", "50667", "Köln", "Europe/Berlin"),
    ("DE", "04109", "Leipzig", "Europe/Berlin"), ("AT", "1010", "Wien", "Europe/Vienna"),
    ("NL", "1012 AB", "Amsterdam", "Europe/Amsterdam"), ("FR", "75004", "Paris", "Europe/Paris"),
)  # fmt: skip
OF_PLACES = (22, 14, 14, 10, 8, 14, 10, 8)
STREETS = ("Lindenstraße", "Gartenweg", "Marktplatz", "Schulstraße", "Am Anger", "Ringstraße", "Kirchgasse")
IRANIAN = (
    ("IR", "1966843133", "تهران", "Asia/Tehran"), ("IR", "8174673461", "اصفهان", "Asia/Tehran"),
    ("IR", "7134812345", "شیراز", "Asia/Tehran"),
)  # fmt: skip
IRANIAN_STREETS = ("خیابان بهار", "خیابان گلستان", "کوچهٔ یاس", "بلوار آزادی")


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody: how they are called, where they live, what their browser says about the time there."""

    contact: Contact
    address: Address
    zone: str
    locale: str


def identity(seed: str, number: int, locale: str, countries: tuple[str, ...]) -> Identity:
    """The person of this number; lives in one of the `countries` (any other is taken for the first of them)."""
    random = Random(f"{seed}:person:{number}")
    persian = locale == "fa"
    first, last = (random.choice(names) for names in (PERSIAN if persian else ENGLISH))
    country, postcode, city, zone = _place(random, countries, persian=persian)
    street = f"{random.choice(IRANIAN_STREETS if country == 'IR' else STREETS)} {random.randrange(1, 120)}"
    mailbox = f"{LATIN.get(first, first.lower())}.{seed}-{number}".lower()
    return Identity(
        Contact(email=f"{mailbox}@{DOMAIN}", name=f"{first} {last}"),
        Address(country=country, street=street, postcode=postcode, city=city),
        zone,
        locale,
    )


def _place(random: Random, countries: tuple[str, ...], *, persian: bool) -> tuple[str, str, str, str]:
    if persian and "IR" in countries:
        return random.choice(IRANIAN)
    place = random.choices(PLACES, OF_PLACES)[0]
    return place if place[0] in countries else (countries[0], *place[1:])
