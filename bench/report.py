"""The table: medians of the rounds, each row beside its limit."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from bench.load import Result

TREES = ("app", "postgres", "valkey")
HEADINGS = (
    *("", "/ s", "p50", "p95", "p99", "p50 alone", "bytes"),
    *("app", "postgres", "valkey", "all", "of limit / s", "of limit CPU", "others"),
)


def table(
    rounds: Mapping[str, Sequence[Result]], alone: Mapping[str, Sequence[Result]], limits: Mapping[str, str]
) -> str:
    """A Markdown table: throughput, latencies in ms, CPU in µs for each request, what share of its limit a row reaches.

    `alone` is the p50 of one connection; `others` is the CPU, in cores, that strangers used meanwhile.
    """
    rows = [HEADINGS, tuple("-" if at == 0 else "-:" for at in range(len(HEADINGS)))]
    for name, results in rounds.items():
        cpu = {tree: _median(_each(result, tree) for result in results) for tree in TREES}
        everything = sum(cpu.values())
        limit = rounds.get(limits.get(name, ""), ())
        limit_rate = _median(result.answers / result.seconds for result in limit)
        limit_cpu = sum(_median(_each(result, tree) for result in limit) for tree in TREES)
        rate = _median(result.answers / result.seconds for result in results)
        rows.append(
            (
                name,
                f"{rate:,.0f}",
                *(f"{_median(getattr(result, share) for result in results):.1f}" for share in ("p50", "p95", "p99")),
                f"{_median(result.p50 for result in alone[name]):.2f}" if alone.get(name) else "",
                f"{results[-1].size:,}" if results[-1].size else "",
                *(f"{cpu[tree]:,.0f}" if cpu[tree] >= 1 else "" for tree in TREES),
                f"{everything:,.0f}",
                f"{rate / limit_rate:.0%}" if limit else "",
                f"{limit_cpu / everything:.0%}" if limit else "",
                f"{_median(result.others_cpu / result.seconds for result in results):.1f}",
            )
        )
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _each(result: Result, tree: str) -> float:
    """µs of CPU for each request."""
    return result.cpu.get(tree, 0) / max(1, result.answers) * 1e6


def _median(values: Iterable[float]) -> float:
    gathered = list(values)
    return median(gathered) if gathered else 0.0
