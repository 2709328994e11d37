"""Descriptions written in HTML as plain paragraphs: the words stay, everything that could do something goes. Pure."""

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
SILENT = frozenset(("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title"))
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silenced = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silenced += 1
        elif tag in BLOCKS:
            self.pieces.append("\n• " if tag == "li" else "\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silenced = max(0, self.silenced - 1)
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silenced:
            self.pieces.append(_SPACE.sub(" ", data))


def paragraphs(html: str) -> str:
    """The text of `html`, one paragraph a line; text without any mark-up keeps its own lines."""
    if "<" not in html and "&" not in html:
        return _tidy(html)
    parser = _Paragraphs()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # html.parser on a malformed declaration such as "<![if": what came before is kept
        pass
    return _tidy("".join(parser.pieces))


def _tidy(text: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and line != "•")
