"""Passwords: which are refused, how they are kept (Argon2id, RFC 9106), and checking one at a constant price."""

import re
import secrets
import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.accounts.errors import PasswordIsAddress, PasswordTooCommon, PasswordTooLong, PasswordTooShort
from app.config import Config

SHORTEST, LONGEST = 8, 128
LIST = Path(__file__).with_name("common_passwords.txt")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm",
    "azertyuiop", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujmik",
    "q1w2e3r4t5y6u7i8o9p0", "a1b2c3d4e5f6g7h8i9", "!@#$%^&*()_+",
)  # fmt: skip
LEET = str.maketrans("@4310!$57", "aaeioisst")


def check_new(password: str, email: str) -> None:
    """Refuse what attackers try first. Length and known passwords only, no rules of composition (ASVS 6.2)."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise PasswordTooShort()
    if len(text) > LONGEST:
        raise PasswordTooLong()
    folded = text.casefold()
    local, _at, domain = email.casefold().partition("@")
    if local and (folded in (f"{local}@{domain}", f"{local}{domain}", domain, local) or _core(folded) == local):
        raise PasswordIsAddress()
    if is_common(folded):
        raise PasswordTooCommon()


def is_common(folded: str) -> bool:
    """Whether a case-folded password is a well-known one, also behind digits and look-alike letters, or a mere pattern."""
    plain = "".join(folded.split())
    if len(set(plain)) < 3 or _repeats(plain) or _runs(plain):
        return True
    words = _common()
    bare = _core(folded)
    return any(
        form in words
        for form in (folded, plain, bare, re.sub(r"[\W_]", "", folded), bare.translate(LEET), folded.translate(LEET))
    )


def hash_password(password: str, config: Config) -> str:
    """What is stored of a password."""
    return _hasher(config.password_time_cost, config.password_memory_kib).hash(_normal(password))


def verify(stored: str | None, password: str, config: Config) -> bool:
    """Whether the password is the stored one. Without a stored one it works as long, and says no."""
    hasher = _hasher(config.password_time_cost, config.password_memory_kib)
    nobody = _nobodys(config.password_time_cost, config.password_memory_kib)
    text = _normal(password[: LONGEST * 4])
    try:
        return hasher.verify(stored or nobody, text) and stored is not None
    except (Argon2Error, InvalidHashError):
        return False


def outdated(stored: str, config: Config) -> bool:
    """Whether the stored hash was made with other parameters than today's."""
    return _hasher(config.password_time_cost, config.password_memory_kib).check_needs_rehash(stored)


def _normal(password: str) -> str:
    # The same keys give different code points on different systems (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFC", password)


def _core(folded: str) -> str:
    """The word inside "password123!" or "2024password": that is how people dress up common ones."""
    return re.sub(r"^[\d\W_]+|[\d\W_]+$", "", folded)


def _repeats(text: str) -> bool:
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(4, len(text) // 2) + 1))


def _runs(text: str) -> bool:
    return any(text in row * 2 or text[::-1] in row * 2 for row in ROWS)


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=4)
def _hasher(time_cost: int, memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)


@lru_cache(maxsize=4)
def _nobodys(time_cost: int, memory_kib: int) -> str:
    """The hash of a password nobody has: an unknown address is checked against it."""
    return _hasher(time_cost, memory_kib).hash(secrets.token_hex(16))
