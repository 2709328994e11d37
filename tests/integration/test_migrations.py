"""The migrations make exactly what the models say."""

from sqlalchemy import Engine

from app import blueprints  # noqa: F401  every room, and so every table
from app.audit import models as _audit  # noqa: F401
from app.cart import models as _cart  # noqa: F401
from app.catalog import import_models as _imports  # noqa: F401
from app.console.exports import models as _exports  # noqa: F401
from app.database.migrate import pending
from app.jobs import models as _jobs  # noqa: F401
from app.orders import models as _orders  # noqa: F401
from app.orders import review_models as _reviews  # noqa: F401
from app.payments import models as _payments  # noqa: F401
from app.promotions import models as _promotions  # noqa: F401
from app.recovery import adoption_models as _adoptions  # noqa: F401
from app.recovery import message_models as _messages  # noqa: F401
from app.recovery import models as _recovery  # noqa: F401
from app.recovery import phone_models as _phones  # noqa: F401
from app.webhooks import models as _webhooks  # noqa: F401


def test_models_and_migrations_agree(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        found = [change for change in pending(connection) if "alembic_version" not in str(change)]
    assert found == []
