"""How many messages a provider is given in a second, by all stores and by each: two token buckets in one script.

A bucket holds what may go within one second. Without Redis each process keeps to a share of its own, as if there were
ASSUMED_PROCESSES of them.
"""

import threading
import time
from functools import lru_cache
from typing import Any, cast

from flask import current_app

from app.cache.client import installation_key, store_key
from app.config import Config
from app.recovery.provider_state import ask

ASSUMED_PROCESSES = 4
UNNAMED = 100  # in a second, by a provider that the configuration does not name
IDLE_SECONDS = 60  # a bucket that nobody asked for so long is full

# KEYS: the provider's bucket, the store's. ARGV: their rates in a second, tokens wanted (less than 0: given back), seconds
# to keep them. How many were granted, and the milliseconds until there is another one.
TAKE = f"""
local wanted, tokens, granted = tonumber(ARGV[3]), {{}}, tonumber(ARGV[3])
for at, key in ipairs(KEYS) do
  local rate, held = tonumber(ARGV[at]), redis.call('HMGET', key, 'tokens', 'at')
  local passed = math.max(0, now - tonumber(held[2] or now))
  tokens[at] = math.min(rate, tonumber(held[1] or rate) + passed * rate / 1000)
  granted = math.min(granted, math.floor(tokens[at]))
end
if wanted > 0 then granted = math.max(0, granted) else granted = wanted end
local wait = 0
for at, key in ipairs(KEYS) do
  local left = tokens[at] - granted
  redis.call('HSET', key, 'tokens', string.format('%.6f', left), 'at', string.format('%.0f', now))
  redis.call('EXPIRE', key, {IDLE_SECONDS})
  wait = math.max(wait, math.ceil((1 - left) * 1000 / tonumber(ARGV[at])))
end
return {{granted, granted < wanted and wait or 0}}
"""

_here: dict[str, tuple[float, float]] = {}  # tokens and when, by key
_lock = threading.Lock()


def take(provider: str, wanted: int) -> tuple[int, float]:
    """How many of so many messages of the current store may go now, and the seconds until there may be another one."""
    rates = (rate_of(provider), rate_of(provider, of_store=True))
    keys = [installation_key("rate", provider), store_key("rate", provider)]
    answer = ask(TAKE, keys, *rates, wanted)
    if answer is None:
        return _take_here(keys[0], min(rates) / ASSUMED_PROCESSES, wanted)
    return answer[0], answer[1] / 1_000


def give_back(provider: str, unused: int) -> None:
    """Some of what was granted was not needed."""
    if unused:
        take(provider, -unused)


def rate_of(provider: str, *, of_store: bool = False) -> float:
    """Messages in a second that the provider is given at most, by all stores or by one."""
    config = cast(Config, cast(Any, current_app).config["DUALCART"])
    everybody = _rates(config.message_rates).get(provider, UNNAMED)
    return min(everybody, _rates(config.message_rates_of_a_store).get(provider, everybody)) if of_store else everybody


@lru_cache(8)
def _rates(spelled: str) -> dict[str, float]:
    pairs = (pair.split("=") for pair in spelled.split(",") if pair)
    return {provider: float(rate) for provider, rate in pairs}


def _take_here(key: str, rate: float, wanted: int) -> tuple[int, float]:
    with _lock:
        now, most = time.monotonic(), max(1.0, rate)
        tokens, at = _here.get(key, (most, now))
        tokens = min(most, tokens + (now - at) * rate)
        granted = max(0, min(wanted, int(tokens))) if wanted > 0 else wanted
        _here[key] = (tokens - granted, now)
    return granted, max(0.0, (1 - (tokens - granted)) / rate) if granted < wanted else 0.0
