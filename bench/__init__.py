"""Benchmarks: one command per figure, each beside a limit measured in the same run. `python -m bench.cart`; docs/performance.md."""
