"""Something for all carts that a filter finds: said how many first, then carried out like a selection (reminder_actions.py)."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.console import cart_queries, reminder_actions
from app.console.cart_list import page
from app.console.episode_words import state_word
from app.console.masking import shown_person


def confirm() -> AnyResponse:
    """How many carts it is about, the first of them, and the button. Nothing has happened yet."""
    doing = request.form.get("do", "")
    wanted = page.asked(request.form)
    at_most = reminder_actions.AT_ONCE
    conditions = wanted.conditions(page.zone())
    found = cart_queries.list_carts(wanted.view, "", conditions, limit=at_most)
    more = len(found) > at_most or bool(conditions and cart_queries.looked_until(wanted.view, "", conditions))
    return make_response(
        render_template(
            "console/carts/confirm.html",
            doing="stop" if doing == "stop" else "remind",
            arguments=wanted.arguments(),
            carts=[
                (one.cart_id, *shown_person(one.name, one.email), state_word(one.state, one.arm)[0])
                for one in found[:at_most]
            ],
            more=more,
            at_most=at_most,
        )
    )
