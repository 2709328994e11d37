"""Prometheus metrics of this process: requests by endpoint and status, and how long they took."""

import time

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

REQUESTS = Counter("dualcart_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "dualcart_request_seconds",
    "Time to answer",
    ["endpoint"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
MESSAGES = Counter(
    "dualcart_messages_handed_over_total",
    "Messages tried to hand to a provider, by what came of it: sent, refused, later, unknown",
    ["channel", "provider", "outcome"],
)


def init_app(app: Flask) -> None:
    """Count and time every request."""

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "unknown"
        REQUESTS.labels(endpoint, request.method, str(response.status_code)).inc()
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response


def exposition() -> Response:
    """The metrics in Prometheus's text format."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
