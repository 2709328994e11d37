"""Where to go after signing in: only to a page of this site, whatever the address bar claims."""

from urllib.parse import urlsplit

LONGEST = 500


def safe_next(text: str | None, default: str) -> str:
    """`text` if it is a path on this site, else `default`. Browsers read "//x", "/\\x" and control characters as other sites."""
    if not text or len(text) > LONGEST or not text.startswith("/") or text[1:2] in ("/", "\\"):
        return default
    if "\\" in text or any(ord(letter) <= 32 or ord(letter) == 127 for letter in text):
        return default
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else default
