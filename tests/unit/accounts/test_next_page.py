"""Where signing in leads: never to another site."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.next_page import safe_next


@pytest.mark.parametrize("path", ["/", "/cart", "/checkout?step=2&x=%2F", "/products/t%C3%A9"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert safe_next(path, "/account") == path


@pytest.mark.parametrize(
    "path",
    [None, "", "cart", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "javascript:alert(1)",
     "/\t/evil.example", "\t//evil.example", "/cart\r\nSet-Cookie: a=b", " /cart", "///evil.example", "/" + "a" * 600, "http:/evil.example"],
)  # fmt: skip
def test_anything_else_is_not(path: str | None) -> None:
    assert safe_next(path, "/account") == "/account"


@given(st.text(alphabet=st.sampled_from("/\\:@.?#\t\n evilhtp"), max_size=20))
def test_no_text_leads_to_another_host(text: str) -> None:
    target = safe_next(text, "/account")
    assert urlsplit(urljoin("https://shop.example/account/sign-in", target)).netloc == "shop.example"
