"""The small language of campaign templates: values, conditions, loops over declared lists, a few filters. Pure.

A template is judged by its syntax tree before it is ever compiled: what is not on the list of what is allowed does not
run. There are no calls, no assignments, no attributes but the declared ones, so a template can neither reach Python nor
grow without bound: its work is bounded by its length times the things it may loop over.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError, nodes

from app.recovery.variables import Variable

FILTERS = frozenset({"upper", "lower", "capitalize", "trim", "length", "default", "truncate", "escape", "isolated"})
TESTS = frozenset({"defined", "even", "odd"})
LOOP = frozenset({"index", "index0", "revindex", "first", "last", "length"})
LOOPS_AT_MOST = 20
NESTED_LOOPS = 2
DEEPEST = 40
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Concat,
    nodes.Keyword,
)
_LOOP_VARIABLE = Variable("thing", {name: Variable("number") for name in LOOP})
_PARSER = Environment(autoescape=True)  # only reads: nothing is compiled or rendered by it


@dataclass(frozen=True, slots=True)
class Fault:
    """What a template may not say: syntax, unknown_variable, unknown_filter, not_allowed, too_complicated."""

    code: str
    line: int
    about: str = ""
    suggestion: str = ""


def faults(source: str, declared: Mapping[str, Variable]) -> tuple[Fault, ...]:
    """Everything wrong with a template, in the order of its lines; nothing for a good one."""
    try:
        tree = _PARSER.parse(source)
    except TemplateSyntaxError as error:
        return (Fault("syntax", error.lineno or 1, (error.message or "")[:200]),)
    except (RecursionError, MemoryError, ValueError):  # ValueError: a number of thousands of digits
        return (Fault("too_complicated", 1),)
    found = sorted(_Walk().over(tree, dict(declared)), key=lambda fault: fault.line)
    return tuple(dict.fromkeys(found))


class _Walk:
    """One look at one tree."""

    def __init__(self) -> None:
        self.loops = 0

    def over(self, node: nodes.Node, scope: Mapping[str, Variable], depth: int = 0, nested: int = 0) -> Iterator[Fault]:
        """The faults at and below a node; `scope` are the names that mean something there."""
        if depth > DEEPEST:
            yield Fault("too_complicated", node.lineno)
        elif not isinstance(node, _ALLOWED):
            yield Fault("not_allowed", node.lineno, type(node).__name__.lower())
        elif isinstance(node, nodes.For):
            yield from self._loop(node, scope, depth, nested)
        elif isinstance(node, nodes.Name | nodes.Getattr):
            yield from _path(node, scope)
        else:
            yield from _words(node)
            for child in node.iter_child_nodes():
                yield from self.over(child, scope, depth + 1, nested)

    def _loop(self, node: nodes.For, scope: Mapping[str, Variable], depth: int, nested: int) -> Iterator[Fault]:
        self.loops += 1
        if self.loops > LOOPS_AT_MOST or nested >= NESTED_LOOPS:
            yield Fault("too_complicated", node.lineno)
            return
        if node.recursive or not isinstance(node.target, nodes.Name):
            yield Fault("not_allowed", node.lineno, "for")
            return
        if not isinstance(node.iter, nodes.Name | nodes.Getattr):
            yield Fault("not_allowed", node.lineno, "for")
            return
        unknown = list(_path(node.iter, scope))
        yield from unknown
        listed = _meaning(node.iter, scope)
        if not unknown and (listed is None or listed.type != "list"):
            yield Fault("not_allowed", node.lineno, "for")
            return
        each = Variable("thing", listed.fields if listed else {})
        inner = {**scope, node.target.name: each, "loop": _LOOP_VARIABLE}
        if not unknown:
            for child in (*node.body, *([node.test] if node.test else [])):
                yield from self.over(child, inner, depth + 1, nested + 1)
        for child in node.else_:
            yield from self.over(child, scope, depth + 1, nested)


def _words(node: nodes.Node) -> Iterator[Fault]:
    """Filters and tests by name."""
    if isinstance(node, nodes.Filter):
        if node.node is None or node.dyn_args or node.dyn_kwargs:
            yield Fault("not_allowed", node.lineno, node.name)
        elif node.name not in FILTERS:
            yield Fault("unknown_filter", node.lineno, node.name, _nearest(node.name, FILTERS))
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        yield Fault("unknown_filter", node.lineno, node.name, _nearest(node.name, TESTS))


def _path(node: nodes.Node, scope: Mapping[str, Variable]) -> Iterator[Fault]:
    """Whether a name, or a field of a thing in a list, is declared."""
    if isinstance(node, nodes.Name):
        if node.ctx != "load":
            yield Fault("not_allowed", node.lineno, node.name)
        elif node.name not in scope:
            yield Fault("unknown_variable", node.lineno, node.name, _nearest(node.name, scope))
        return
    if not isinstance(node, nodes.Getattr):
        yield Fault("not_allowed", node.lineno, type(node).__name__.lower())
        return
    outer = list(_path(node.node, scope))
    yield from outer
    if outer:
        return
    fields = _fields(node.node, scope)
    if node.attr not in fields:
        yield Fault("unknown_variable", node.lineno, node.attr, _nearest(node.attr, fields))


def _meaning(node: nodes.Node, scope: Mapping[str, Variable]) -> Variable | None:
    if isinstance(node, nodes.Name):
        return scope.get(node.name)
    return _fields(node.node, scope).get(node.attr) if isinstance(node, nodes.Getattr) else None


def _fields(node: nodes.Node, scope: Mapping[str, Variable]) -> Mapping[str, Variable]:
    meaning = _meaning(node, scope)
    return meaning.fields if meaning and meaning.type == "thing" else {}


def _nearest(word: str, known: Mapping[str, Variable] | frozenset[str]) -> str:
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), "")
