"""What each role may do, in words: the matrix of the product, as its people read it."""

from collections.abc import Callable

from app.accounts.identity import Role
from app.web.language import gettext as _

NAMES: dict[Role, Callable[[], str]] = {
    "seller": lambda: _("seller"),
    "analyst": lambda: _("analyst"),
    "admin": lambda: _("admin"),
    "owner": lambda: _("owner"),
}

MATRIX: tuple[tuple[frozenset[Role], Callable[[], str]], ...] = (
    (frozenset({"seller"}), lambda: _("See how your own products do, in figures without names")),
    (
        frozenset({"analyst", "admin", "owner"}),
        lambda: _("See carts, messages and reports, with personal data masked"),
    ),
    (
        frozenset({"admin", "owner"}),
        lambda: _("See personal data in full, change campaigns, coupons, settings and connections"),
    ),
    (frozenset({"owner"}), lambda: _("Manage people, roles, keys and stores, and erase personal data")),
)


def name(role: Role) -> str:
    """The role's name in the reader's language."""
    return NAMES[role]()


def abilities(role: Role) -> list[tuple[bool, str]]:
    """Everything there is to be allowed, and whether this role is."""
    return [(role in roles, words()) for roles, words in MATRIX]


def difference(before: Role, after: Role) -> list[str]:
    """What somebody may do as `after` and not as `before`."""
    return [words() for roles, words in MATRIX if after in roles and before not in roles]
