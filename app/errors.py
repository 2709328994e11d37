"""Refusals: what a rule says when it will not do what was asked. Raised in the domain, rendered once per audience."""

from typing import Any, ClassVar


class Refusal(Exception):
    """A rule said no; nothing has changed. `code` is stable, `params` fill the sentence shown to people."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(self, **params: Any) -> None:
        super().__init__(self.code)
        self.params = params


class Invalid(Refusal):
    """The request itself makes no sense: a quantity that is no number, an unknown pane."""

    code = "invalid"
    status = 422


class NotFound(Refusal):
    """The thing is not there for this asker, whether it exists elsewhere or not."""

    code = "not_found"
    status = 404


class Conflict(Refusal):
    """The request made sense once, but the state has moved on."""

    code = "conflict"
    status = 409


class Forbidden(Refusal):
    """The asker may not do this."""

    code = "forbidden"
    status = 403


class Unavailable(Refusal):
    """Something we depend on is away; trying later may help."""

    code = "unavailable"
    status = 503
