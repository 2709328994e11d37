"""The Huey queue. Payloads are signed JSON-like pickles of ids only; everything else is read from PostgreSQL."""

import os

from huey import PriorityRedisExpireHuey
from huey.serializer import SignedSerializer

from app.config import from_environment

_config = from_environment()

huey = PriorityRedisExpireHuey(
    "dualcart",
    url=_config.redis_url,
    expire_time=3600,
    store_intermediate_errors=False,
    serializer=SignedSerializer(secret=_config.secret_key),
    immediate=os.environ.get("HUEY_IMMEDIATE") == "1",
)
