"""Who is the same person: contacts that turned out to be an account's, one address, one confirmed phone number.

Somebody who once ordered as a guest, registered later and gave their number is three customers and one person. Links
count in both directions and over any number of steps.
"""

from collections.abc import Iterable

from app.database.statements import fetch, hot
from app.database.tenancy import current_store_id
from app.ids import CustomerId

TRAITS = "id, email, CASE WHEN phone_confirmed_at IS NULL THEN '' ELSE phone END AS phone, merged_into"

# The customers one link away from a row `p` of people: each link has an index of its own.
LINKED = f"""
    SELECT {TRAITS} FROM customers WHERE store_id = :store AND id = p.merged_into
    UNION ALL SELECT {TRAITS} FROM customers WHERE store_id = :store AND merged_into = p.id
    UNION ALL SELECT {TRAITS} FROM customers WHERE store_id = :store AND email = p.email AND p.email <> ''
    UNION ALL SELECT {TRAITS} FROM customers WHERE store_id = :store AND phone = p.phone AND p.phone <> ''
        AND phone <> '' AND phone_confirmed_at IS NOT NULL"""  # noqa: S608  constants of this file

CLOSURE = """
    WITH RECURSIVE people AS (
        SELECT {traits} FROM customers WHERE store_id = :store AND {first}
        UNION SELECT linked.* FROM people p CROSS JOIN LATERAL ({linked}) linked)
    {then}"""
IDS = "SELECT id FROM people"


def closure(first: str, then: str) -> str:
    """A statement that begins with the customers of condition `first`, and of `people`, who they all are, asks `then`."""
    return CLOSURE.format(traits=TRAITS, linked=LINKED, first=first, then=then)


# A condition on one id has one plan; on a list the server would plan it anew each time, which takes longer than answering.
OF_ONE = hot(closure("id = :id", IDS))
OF_IDS = hot(closure("id = ANY(:ids)", IDS))
OF_ADDRESS = hot(closure("email = :email AND email <> ''", IDS))


def ids_of(customer_id: CustomerId) -> frozenset[CustomerId]:
    """Every customer of the store who is this person, themselves among them; one statement."""
    rows = fetch(OF_ONE, {"store": current_store_id(), "id": customer_id})
    return frozenset(CustomerId(row.id) for row in rows)


def ids_of_all(customer_ids: Iterable[CustomerId]) -> frozenset[CustomerId]:
    """The same for several at once."""
    names = {"store": current_store_id(), "ids": list(customer_ids)}
    return frozenset(CustomerId(row.id) for row in fetch(OF_IDS, names))


def ids_of_address(email: str) -> frozenset[CustomerId]:
    """Every customer who is whoever has this normalized address; nobody, if it is nobody's."""
    names = {"store": current_store_id(), "email": email}
    return frozenset(CustomerId(row.id) for row in fetch(OF_ADDRESS, names))
