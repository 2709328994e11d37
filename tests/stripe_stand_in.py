"""A server that keeps Stripe's contract as far as this shop relies on it, and fails on demand.

Sessions, payment intents, refunds, idempotency keys, signed webhooks; https://docs.stripe.com/api. It is strict: what
Stripe would refuse is refused here. `server.fault = …` makes the next request go wrong.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk_test_stand_in"
SECRET = "whsec_stand_in"
FAULTS = (
    "500",  # nothing was done
    "500 after",  # it was done, and the answer is an error, kept under the key as Stripe does
    "hang",
    "hang after",
    "drip",  # a byte now and then, for ever
    "drip headers",
    "short",  # fewer bytes than announced
    "garbage",  # no JSON, with status 200
    "nonsense",  # JSON that is no such thing
    "gateway",  # a page of something in between, with status 502
    "missing gateway",  # the same with 404
    "reset",
    "busy",  # 429
)


class Refusal(Exception):
    """An error of Stripe's."""

    def __init__(self, status: int, message: str, *, code: str | None = None, kind: str = "invalid_request_error"):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code}}


@dataclass
class Stripe:
    """The state of the other side."""

    url: str = ""
    fault: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[str, int, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refunds_begin: str = "succeeded"
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    released: threading.Event = field(default_factory=threading.Event)

    def pay(self, session_id: str, *, status: str = "succeeded", amount: int | None = None) -> dict[str, Any]:
        """The shopper pays on the page; with `processing` the bank takes its time, until `settle`."""
        with self.lock:
            session = self.sessions[session_id]
            assert session["status"] == "open", session["status"]
            intent = self._intent(session)
            intent["status"] = status
            session["status"] = "complete"
            session["url"] = None
            session["payment_status"] = "paid" if status == "succeeded" else "unpaid"
            if amount is not None:
                session["amount_total"] = amount
            return session

    def settle(self, session_id: str, *, succeeded: bool) -> dict[str, Any]:
        """The bank that took its time has decided."""
        with self.lock:
            session = self.sessions[session_id]
            intent = self._intent(session)
            intent["status"] = "succeeded" if succeeded else "requires_payment_method"
            intent["last_payment_error"] = None if succeeded else {"code": "payment_intent_payment_attempt_failed"}
            session["payment_status"] = "paid" if succeeded else "unpaid"
            return session

    def decline(self, session_id: str, decline_code: str) -> dict[str, Any]:
        """The shopper's card is refused; the page stays open for another."""
        with self.lock:
            intent = self._intent(self.sessions[session_id])
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = {"code": "card_declined", "decline_code": decline_code}
            return intent

    def event(self, kind: str, thing: dict[str, Any], *, number: int = 1, created: int | None = None) -> bytes:
        """The raw body of a webhook."""
        event = {
            "id": f"evt_{number}",
            "object": "event",
            "type": kind,
            "created": created or int(time.time()),
            "data": {"object": thing},
        }
        return json.dumps(event, ensure_ascii=False).encode()

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"] is None:
            intent_id = f"pi_{next(self.numbers)}"
            self.intents[intent_id] = {
                "id": intent_id,
                "object": "payment_intent",
                "status": "requires_payment_method",
                "metadata": dict(session["intent_metadata"]),
                "amount": session["amount_total"],
                "currency": session["currency"],
                "last_payment_error": None,
            }
            session["payment_intent"] = intent_id
        return self.intents[session["payment_intent"]]

    def answer(self, method: str, path: str, query: dict[str, str], form: dict[str, str], key: str) -> tuple[Any, bool]:
        """Carry a request out once for its key; whether it is a repetition. Raises Refusal."""
        if method == "GET" or not key:
            return self.carry_out(method, path, query, form), False
        fingerprint = json.dumps([path, sorted(form.items())])
        if key in self.keys:
            known, status, body = self.keys[key]
            if known != fingerprint:
                raise Refusal(400, "Keys can only be used with the same parameters.", kind="idempotency_error")
            if status >= 400:
                raise Refusal(status, "as before")
            return body, True
        body = self.carry_out(method, path, query, form)
        self.keys[key] = (fingerprint, 200, json.loads(json.dumps(body)))
        return body, False

    def carry_out(self, method: str, path: str, query: dict[str, str], form: dict[str, str]) -> Any:
        """One endpoint."""
        parts = path.strip("/").split("/")[1:]
        with self.lock:
            match (method, *parts):
                case ("POST", "checkout", "sessions"):
                    return self._shown(self._create_session(form), {})
                case ("GET", "checkout", "sessions"):
                    return self._list(path, self._sessions_between(query), query)
                case ("GET", "checkout", "sessions", session_id):
                    return self._shown(self._known(self.sessions, session_id), query)
                case ("POST", "checkout", "sessions", session_id, "expire"):
                    session = self._known(self.sessions, session_id)
                    if session["status"] != "open":
                        raise Refusal(400, f"Only open sessions can be expired; this one is {session['status']}.")
                    session.update(status="expired", url=None)
                    return self._shown(session, {})
                case ("POST", "refunds"):
                    return self._create_refund(form)
                case ("GET", "refunds"):
                    mine = [one for one in self.refunds.values() if one["payment_intent"] == query["payment_intent"]]
                    return self._list(path, list(reversed(mine)), query)
        raise Refusal(404, f"Unrecognized request URL ({method}: {path})")

    def _create_session(self, form: dict[str, str]) -> dict[str, Any]:
        item = "line_items[0][price_data]"
        for name in ("mode", "success_url", f"{item}[currency]", f"{item}[unit_amount]", f"{item}[product_data][name]"):
            if not form.get(name):
                raise Refusal(400, f"Missing required param: {name}.", code="parameter_missing")
        now = int(time.time())
        expires_at = int(form.get("expires_at", now + 86_400))
        if not now + 1_800 <= expires_at <= now + 86_400:
            raise Refusal(400, "expires_at must be between 30 minutes and 24 hours from now.")
        if form[f"{item}[currency]"] not in ("eur", "usd", "jpy", "kwd", "isk"):
            raise Refusal(400, "Invalid currency.", code="parameter_invalid")
        if int(form[f"{item}[unit_amount]"]) < 50:
            raise Refusal(400, "The amount is too small.", code="amount_too_small")
        session_id = f"cs_test_{next(self.numbers)}"
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": int(form[f"{item}[unit_amount]"]),
            "currency": form[f"{item}[currency]"],
            "url": f"{self.url}/pay/{session_id}",
            "client_reference_id": form.get("client_reference_id"),
            "metadata": _group(form, "metadata"),
            "intent_metadata": _group(form, "payment_intent_data[metadata]"),
            "payment_intent": None,
            "created": now,
            "expires_at": expires_at,
            "asked": dict(form),
        }
        return self.sessions[session_id]

    def _create_refund(self, form: dict[str, str]) -> dict[str, Any]:
        intent = self._known(self.intents, form["payment_intent"])
        given = sum(
            one["amount"]
            for one in self.refunds.values()
            if one["payment_intent"] == intent["id"] and one["status"] != "failed"
        )
        if intent["status"] != "succeeded":
            raise Refusal(400, "This payment intent has no successful charge.")
        if given >= intent["amount"]:
            raise Refusal(400, "The charge has already been refunded.", code="charge_already_refunded")
        if int(form["amount"]) > intent["amount"] - given:
            raise Refusal(400, "Refund amount is greater than unrefunded amount.")
        refund_id = f"re_{next(self.numbers)}"
        self.refunds[refund_id] = {
            "id": refund_id,
            "object": "refund",
            "status": self.refunds_begin,
            "amount": int(form["amount"]),
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": _group(form, "metadata"),
        }
        return self.refunds[refund_id]

    def _sessions_between(self, query: dict[str, str]) -> list[dict[str, Any]]:
        first, last = int(query.get("created[gte]", 0)), int(query.get("created[lte]", 2**40))
        found = [one for one in self.sessions.values() if first <= one["created"] <= last]
        return [self._shown(one, {"expand[0]": query.get("expand[0]", "")[5:]}) for one in reversed(found)]

    def _list(self, path: str, rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        limit = int(query.get("limit", 10))
        assert limit <= 100
        after = query.get("starting_after")
        begin = next((number + 1 for number, row in enumerate(rows) if row["id"] == after), 0)
        page = rows[begin : begin + limit]
        return {"object": "list", "url": path, "data": page, "has_more": begin + limit < len(rows)}

    def _shown(self, session: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        if query.get("expand[0]") == "payment_intent" and session["payment_intent"]:
            return {**session, "payment_intent": self.intents[session["payment_intent"]]}
        return session

    def _known(self, things: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        if name not in things:
            raise Refusal(404, f"No such thing: {name}", code="resource_missing")
        return things[name]


def signature(body: bytes, secret: str = SECRET, *, moment: int | None = None) -> str:
    """The Stripe-Signature header (https://docs.stripe.com/webhooks#verify-manually), made without the library."""
    moment = moment or int(time.time())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"


@contextmanager
def running() -> Iterator[Stripe]:
    """The server, on a port of its own."""
    state = Stripe()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Stripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self, method: str) -> None:
            address = urlsplit(self.path)
            form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
            state.requests.append((method, address.path))
            fault, state.fault = state.fault, ""
            key = self.headers.get("Idempotency-Key", "")
            act: Callable[[], tuple[Any, bool]] = lambda: state.answer(  # noqa: E731
                method, address.path, dict(parse_qsl(address.query)), form, key
            )
            with suppress(OSError):
                if fault:
                    self._fail(fault, key, act)
                else:
                    self._answer(act)

        def _answer(self, act: Callable[[], tuple[Any, bool]]) -> None:
            try:
                if self.headers.get("Authorization") != f"Bearer {KEY}":
                    raise Refusal(401, "Invalid API Key provided.")
                assert self.headers["Stripe-Version"]
                body, again = act()
                self._send(200, json.dumps(body).encode(), {"Idempotent-Replayed": "true"} if again else {})
            except Refusal as refusal:
                self._send(refusal.status, json.dumps(refusal.body).encode(), {})

        def _fail(self, fault: str, key: str, act: Callable[[], tuple[Any, bool]]) -> None:
            assert fault in FAULTS, fault
            if fault.endswith("after"):
                act()
            broken = {"error": {"type": "api_error", "message": "Something went wrong."}}
            match fault:
                case "500" | "500 after":
                    if key in state.keys:
                        state.keys[key] = (state.keys[key][0], 500, broken)
                    self._send(500, json.dumps(broken).encode(), {})
                case "busy":
                    self._send(429, json.dumps({"error": {"type": "x", "code": "rate_limit"}}).encode(), {})
                case "hang" | "hang after":
                    state.released.wait(20)
                    self.close_connection = True
                case "drip" | "drip headers":
                    self._drip(b"" if fault == "drip headers" else b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                case "short":
                    self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id": "cs_')
                    self.close_connection = True
                case "garbage":
                    self._send(200, b"<html>\xff\xfe", {})
                case "nonsense":
                    self._send(200, b'["cs_1", null]', {})
                case "gateway" | "missing gateway":
                    self._send(502 if fault == "gateway" else 404, b"<h1>Not here</h1>", {})
                case "reset":
                    self.connection.close()

        def _drip(self, head: bytes) -> None:
            self.wfile.write(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not state.released.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body)), "Request-Id": "req_1"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _group(form: dict[str, str], name: str) -> dict[str, str]:
    return {key[len(name) + 1 : -1]: value for key, value in form.items() if key.startswith(f"{name}[")}
