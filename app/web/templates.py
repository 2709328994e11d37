"""Templates compiled once for each language: constant words, symbols and addresses become text of the template itself.

A cart page calls `_()` 76 times, `ico` 42, `asset` and `url_for` 60 times, nearly always with constants. What a call answers
depends then on the language alone, so it is asked once when the template is compiled for that language, not for every page.
Nothing of a shopper is ever folded in: only the functions named here, called with nothing but constants.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from flask import Flask
from flask.templating import Environment as FlaskEnvironment
from flask_babel import get_locale
from jinja2 import Environment, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from app.web import formats
from app.web.language import gettext, speaking

WORDS = frozenset({"_", "gettext"})
FOLDED = frozenset({"ico", "asset", "url_for"})
_PLACE = re.compile(r"%\((\w+)\)s|%%")


class TemplateEnvironment(FlaskEnvironment):
    """Flask's environment, which hands each page over to the one of the reader's language.

    Taken from it directly (`get_template`, an overlay), a template is not folded and speaks whatever is spoken then.
    """

    language: str | None = None

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self.languages: dict[str, TemplateEnvironment] = {}

    def get_or_select_template(self, *args: Any, **options: Any) -> Template:
        """The template in the language of the request."""
        if self.language is None:
            return self.in_language(str(get_locale() or "en")).get_or_select_template(*args, **options)
        return super().get_or_select_template(*args, **options)

    def in_language(self, language: str) -> "TemplateEnvironment":
        """The environment whose templates are in `language`."""
        known = self.languages.get(language)
        if known is None:
            known = self.overlay()
            known.language = language
            known.filters = self.filters | formats.filters(lambda: language)
            self.languages[language] = known
        return known

    def _generate(self, source: nodes.Template, name: str | None, *args: Any, **options: Any) -> str:
        """Jinja's hook between reading a template and writing its code."""
        if self.language is not None:
            with speaking(self.language):
                source = fold(source, self, name)
        return super()._generate(source, name, *args, **options)


def fold(tree: nodes.Template, environment: Environment, name: str | None) -> nodes.Template:
    """`tree` with what is constant in the language spoken now put in place of the calls that would ask for it."""
    return cast(nodes.Template, _Folding(tree, environment, name).visit(tree))


class _Folding(NodeTransformer):
    def __init__(self, tree: nodes.Template, environment: Environment, name: str | None) -> None:
        own = {found.name for found in tree.find_all(nodes.Name) if found.ctx != "load"}
        own |= {macro.name for macro in tree.find_all(nodes.Macro)}
        self._environment, self._context = environment, nodes.EvalContext(environment, name)
        self._words, self._calls = WORDS - own, FOLDED - own

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802  Jinja calls it by the node's name
        self.generic_visit(node)
        called = node.node.name if isinstance(node.node, nodes.Name) else ""
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        if called in self._words:
            return self._sentence(node)
        return self._answer(node, called) if called in self._calls else node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802
        """What is joined only to be written is written piece by piece."""
        self.generic_visit(node)
        node.nodes = [piece for child in node.nodes for piece in _pieces(child)]
        return node

    def _answer(self, node: nodes.Call, called: str) -> nodes.Expr:
        try:
            args = [argument.as_const(self._context) for argument in node.args]
            named = {pair.key: pair.value.as_const(self._context) for pair in node.kwargs}
            answer = self._environment.globals[called](*args, **named)  # type: ignore[operator]
        except Exception:  # not constant, or not to be had before there is a request: asked for each page, as written
            return node
        return nodes.Const(answer, lineno=node.lineno)

    def _sentence(self, node: nodes.Call) -> nodes.Expr:
        if len(node.args) != 1 or not isinstance(node.args[0], nodes.Const):
            return node
        said, values = gettext(node.args[0].value), {pair.key: pair.value for pair in node.kwargs}
        if (
            _PLACE.sub("", said).count("%")
            or not {found[1] for found in _PLACE.finditer(said)} - {None} <= values.keys()
        ):
            return node
        parts, at = [], 0
        for found in _PLACE.finditer(said):
            parts += [self._text(said[at : found.start()]), values[found[1]] if found[1] else self._text("%")]
            at = found.end()
        parts.append(self._text(said[at:]))
        spoken = [part for part in parts if not isinstance(part, nodes.Const) or part.value != ""]
        if len(parts) == 1:
            return parts[0]
        return nodes.Concat([self._text(""), *spoken], lineno=node.lineno)

    def _text(self, text: str) -> nodes.Const:
        return nodes.Const(Markup(text) if self._context.autoescape else text)  # noqa: S704  the translators' own markup


def _pieces(node: nodes.Expr) -> Iterator[nodes.Expr]:
    if isinstance(node, nodes.Concat):
        for child in node.nodes:
            yield from _pieces(child)
    else:
        yield node
