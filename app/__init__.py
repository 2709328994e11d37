"""Dualcart: a shop cart with a memory. One package per feature; arrows between packages run one way (docs/architecture.md)."""
