"""What the load is made of, as one process hands it to another."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

HOST = "bench.localhost"
VERSION = 700_000_000  # marks in recorded statements: values that stand nowhere else
OPERATION = UUID("01900000-0000-7000-8000-00000000be7c")


@dataclass(frozen=True)
class Statement:
    """A statement with its parameters; `columns` are the names of what it answered."""

    text: str
    parameters: dict[str, Any] | None = None
    columns: tuple[str, ...] = ()


@dataclass
class Visitor:
    """What a browser keeps of one shopper, and the variants of their active pane."""

    cookie: str
    token: str
    language: str
    variants: list[UUID]


@dataclass
class Crowd:
    """Everybody, the products' handles, and the statements of cart pages and additions, one list for each of some carts."""

    customers: list[Visitor] = field(default_factory=list)
    guests: list[Visitor] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    reads: list[list[Statement]] = field(default_factory=list)
    adds: list[list[Statement]] = field(default_factory=list)
