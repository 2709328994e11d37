"""Who may come through which door of the console: the whole of it, by the beginning of the path.

A new room of the console gets a line here, or tests/web/test_route_matrix.py fails. The longest beginning counts; the second
column is who may look (GET), the third who may change something (POST). Paths are spelled as the routes are.
"""

GUEST, CUSTOMER = "guest", "customer"
EVERYBODY = frozenset({"seller", "analyst", "admin", "owner"})
READERS = frozenset({"analyst", "admin", "owner"})
ADMINS = frozenset({"admin", "owner"})
OWNERS = frozenset({"owner"})
SELLERS = frozenset({"seller"})
NOBODY: frozenset[str] = frozenset()
OPEN = frozenset({GUEST, CUSTOMER}) | EVERYBODY
ROLES = (GUEST, CUSTOMER, "seller", "analyst", "admin", "owner")

CONSOLE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "/console/audit": (READERS, NOBODY),
    "/console/campaigns": (READERS, ADMINS),
    "/console/campaigns/new": (ADMINS, NOBODY),
    "/console/carts": (READERS, ADMINS),
    "/console/carts/views": (NOBODY, READERS),
    "/console/catalogue": (READERS, ADMINS),
    "/console/catalogue/products/new": (ADMINS, NOBODY),
    "/console/coupons": (READERS, ADMINS),
    "/console/coupons/batches/new": (ADMINS, NOBODY),
    "/console/coupons/new": (ADMINS, NOBODY),
    "/console/customers": (READERS, ADMINS),
    "/console/exports": (READERS, READERS),
    "/console/funnel": (READERS, NOBODY),
    "/console/integrations": (READERS, ADMINS),
    "/console/integrations/webhooks/new": (ADMINS, NOBODY),
    "/console/invitations": (OPEN, OPEN),
    "/console/jobs": (READERS, ADMINS),
    "/console/jump": (EVERYBODY, NOBODY),
    "/console/notices": (EVERYBODY, EVERYBODY),
    "/console/now": (READERS, NOBODY),
    "/console/orders": (READERS, ADMINS),
    "/console/orders/<order_id>/receipt.pdf": (ADMINS, NOBODY),
    "/console/people": (OWNERS, OWNERS),
    "/console/reports": (READERS, NOBODY),
    "/console/review": (READERS, ADMINS),
    "/console/seller": (SELLERS | ADMINS, NOBODY),
    "/console/seller/<staff_id>": (ADMINS, NOBODY),
    "/console/seller/figures.csv": (SELLERS, NOBODY),
    "/console/settings": (READERS, ADMINS),
    "/console/settings/history/<int:number>": (ADMINS, NOBODY),
    "/console/settings/keys": (NOBODY, READERS),
    "/console/sign-in": (OPEN, OPEN),
    "/console/sign-out": (NOBODY, OPEN),
    "/console/store": (READERS, ADMINS),
    "/console/stores": (EVERYBODY, NOBODY),
    "/console/suppressions": (READERS, ADMINS),
    "/console/templates": (READERS, ADMINS),
    "/console/templates/<campaign_id>/steps/<int:step>/<locale>/frame": (READERS, READERS),
    "/console/you": (EVERYBODY, EVERYBODY),
}
HOME = (EVERYBODY, NOBODY)

# The doors of the shop that only a signed-in customer passes; all others are for anybody.
CUSTOMERS_ONLY = {
    ("GET", "/account"),
    ("POST", "/account/language"),
    ("POST", "/account/sign-out/everywhere"),
}


def allowed(method: str, path: str) -> frozenset[str] | None:
    """Who may, for a door of the console; None if it is not declared."""
    if path == "/console":
        return HOME[method != "GET"]
    beginnings = [known for known in CONSOLE if path == known or path.startswith(f"{known}/")]
    return CONSOLE[max(beginnings, key=len)][method != "GET"] if beginnings else None
