"""Sentences in the reader's language: Flask-Babel's functions with types, and with free choice of placeholders."""

from flask_babel import get_translations


def gettext(text: str, /, **variables: object) -> str:
    """`text` in the language of the request, its %(placeholders)s filled."""
    translated: str = get_translations().ugettext(text)
    return translated % variables if variables else translated


def ngettext(one: str, many: str, count: int, /, **variables: object) -> str:
    """`one` or `many` (or what the language has instead) for `count` things, its %(placeholders)s filled."""
    translated: str = get_translations().ungettext(one, many, count)
    return translated % variables if variables else translated
