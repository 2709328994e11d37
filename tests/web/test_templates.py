"""Templates compiled for a language say what they said before: every folded call, in every template, in both languages."""

import re
from typing import Any

import pytest
from flask import Flask, g
from jinja2 import nodes
from markupsafe import Markup

from app.database.tenancy import use_store
from app.stores.request import current_locale
from app.web.language import speaking
from app.web.templates import FOLDED, WORDS, TemplateEnvironment, fold
from tests.conftest import TestStore
from tests.factories import make_product
from tests.web.browser import Browser

TOKEN = r"[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}"  # of a second, and so not the same
AWKWARD = "<b>&'\"% %s ‏x"


def _calls(environment: TemplateEnvironment, name: str) -> list[nodes.Call]:
    assert environment.loader
    tree = environment.parse(environment.loader.get_source(environment, name)[0], name)
    return [
        call
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in FOLDED | WORDS
    ]


def _rendered(environment: TemplateEnvironment, tree: nodes.Template, name: str, values: dict[str, Any]) -> str:
    code = environment.compile(tree, name)
    return environment.template_class.from_code(environment, code, environment.make_globals(None)).render(values)


def _written(call: nodes.Call, environment: TemplateEnvironment) -> nodes.Template:
    """A template that writes what the call answers; what is not constant in it becomes a variable."""
    copy = nodes.Call(call.node, [*call.args], [*call.kwargs], call.dyn_args, call.dyn_kwargs)
    copy.kwargs = [
        pair if isinstance(pair.value, nodes.Const) else nodes.Keyword(pair.key, nodes.Name(f"v_{pair.key}", "load"))
        for pair in call.kwargs
    ]
    tree = nodes.Template([nodes.Output([copy])])
    return tree.set_environment(environment).set_lineno(1)  # type: ignore[return-value]


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_every_folded_call_is_written_as_before(app: Flask, store: TestStore, locale: str) -> None:
    folded = 0
    with app.test_request_context("/", base_url=f"http://{store.host}", headers={"Accept-Language": locale}):
        app.preprocess_request()
        assert current_locale() == locale
        plain = app.jinja_env
        assert isinstance(plain, TemplateEnvironment)
        language = plain.in_language(locale)
        for name in plain.list_templates(filter_func=lambda name: name.endswith((".html", ".txt", ".mjml"))):
            for call in _calls(plain, name):
                if not call.args or not all(isinstance(argument, nodes.Const) for argument in call.args):
                    continue
                values = {f"v_{pair.key}": AWKWARD for pair in call.kwargs}
                values |= {f"v_{pair.key}": Markup("<i>&amp;</i>") for pair in call.kwargs[1:]}
                try:
                    before = _rendered(plain, _written(call, plain), name, values)
                except Exception:
                    continue  # an address that these values do not make
                assert _rendered(language, _written(call, language), name, values) == before, (name, call.lineno)
                folded += 1
    assert folded > 400


@pytest.mark.parametrize("locale", ["en", "fa"])
@pytest.mark.parametrize("path", ["/", "/products", "/cart", "/sign-in"])
def test_a_page_is_the_same_with_and_without(
    app: Flask, store: TestStore, monkeypatch: pytest.MonkeyPatch, locale: str, path: str
) -> None:
    with app.app_context(), use_store(store.id):
        product = make_product()
    visitor = Browser(app, store)
    visitor.adds(product.variant_id)
    address = f"{path}?lang={locale}"
    monkeypatch.setattr("app.web.markup.new_id_text", lambda: "ID")
    monkeypatch.setitem(app.jinja_env.globals, "op_id", lambda: "ID")
    folded = visitor.get(address)
    monkeypatch.setattr("app.web.templates.fold", lambda tree, *rest: tree)
    monkeypatch.setattr(app.jinja_env, "languages", {})
    plain = visitor.get(address)
    assert folded.status_code == plain.status_code
    assert re.sub(TOKEN, "", folded.text) == re.sub(TOKEN, "", plain.text)


def test_what_a_template_names_itself_is_not_taken_for_ours(app: Flask, store: TestStore) -> None:
    with app.test_request_context("/", base_url=f"http://{store.host}"):
        app.preprocess_request()
        environment = app.jinja_env.in_language("fa")  # type: ignore[attr-defined]
        source = "{% macro ico(name) %}mine {{ name }}{% endmacro %}{{ ico('bag') }}{% set _ = namespace %}"
        assert "mine bag" in environment.from_string(source).render()


def test_nothing_of_a_shopper_is_folded_in(app: Flask, store: TestStore) -> None:
    with app.test_request_context("/cart", base_url=f"http://{store.host}", headers={"Accept-Language": "fa"}):
        app.preprocess_request()
        environment = app.jinja_env.in_language("fa")  # type: ignore[attr-defined]
        with speaking("fa"):
            tree = fold(
                environment.parse("{{ csrf_token() }}{{ form_fields(1) }}{{ op_id() }}{{ cart_count() }}"),
                environment,
                None,
            )
        assert len(list(tree.find_all(nodes.Call))) == 4
        assert g.locale == "fa"
