"""Rendering a campaign's words: Jinja's sandbox, narrowed to plain values, behind the judgement of template_language.

Three fences, each enough by itself: the tree is judged before it is compiled, the environment knows no attributes, calls
or globals, and what comes out may not be longer than a message can be.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.recovery.template_language import FILTERS, LOOP, TESTS, faults
from app.recovery.values import Trigger
from app.recovery.variables import declared
from app.web.formats import isolated, number

LONGEST_OUTPUT = 200_000


class TemplateRefused(Exception):
    """A template that may not run, or whose text came out longer than any message."""


class _Environment(ImmutableSandboxedEnvironment):
    """Knows plain values only: the entries of dictionaries, and where a loop stands."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An entry of a dictionary, or a loop's place."""
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An entry of a dictionary."""
        if isinstance(obj, dict) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))

    def call(*_args: Any, **_named: Any) -> NoReturn:
        """Nothing can be called."""
        raise SecurityError("templates call nothing")

    def call_binop(self, *_args: Any) -> NoReturn:
        """Nothing is reckoned."""
        raise SecurityError("templates reckon nothing")

    def call_unop(self, *_args: Any) -> NoReturn:
        """Nothing is reckoned."""
        raise SecurityError("templates reckon nothing")


def render(source: str, values: Mapping[str, Any], *, trigger: Trigger, locale: str, markup: bool) -> str:
    """The text with its variables filled in; escaped for HTML as `markup`. Raises TemplateRefused.

    Whole numbers come in the digits of `locale`.
    """
    pieces, length = [], 0
    try:
        for piece in _compiled(source, trigger, locale, markup).generate(values):
            length += len(piece)
            if length > LONGEST_OUTPUT:
                raise TemplateRefused("too_long")
            pieces.append(piece)
    except (TemplateError, TypeError, ValueError, RecursionError) as error:
        raise TemplateRefused(type(error).__name__) from error
    return "".join(pieces)


@lru_cache(maxsize=2_048)
def _compiled(source: str, trigger: Trigger, locale: str, markup: bool) -> Template:
    found = faults(source, declared(trigger))
    if found:
        raise TemplateRefused(found[0].code)
    try:
        return _environment(locale, markup).from_string(source)
    except (SyntaxError, RecursionError, MemoryError) as error:  # of the Python that Jinja writes
        raise TemplateRefused("too_complicated") from error


@lru_cache(maxsize=64)
def _environment(locale: str, markup: bool) -> _Environment:
    environment = _Environment(
        autoescape=markup,
        undefined=StrictUndefined,
        finalize=partial(_said, locale),
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    environment.globals.clear()
    filters = {**environment.filters, "isolated": isolated if markup else str}
    environment.filters = {name: filters[name] for name in FILTERS}
    environment.tests = {name: environment.tests[name] for name in TESTS}
    return environment


def _said(locale: str, value: Any) -> Any:
    """Numbers as people read them; a flag is not a word."""
    if isinstance(value, bool) or value is None:
        return ""
    return number(value, locale) if isinstance(value, int) else value
