"""The console's doors: which page answers where, and for which roles."""

from flask import Blueprint
from flask_limiter import RateLimitExceeded

from app.accounts import limits
from app.accounts.guards import EVERY_ROLE, for_guests, requires_role
from app.console import (
    audit_page,
    campaign_pages,
    cart_pages,
    order_pages,
    passkey_sign_in,
    reminder_actions,
    sign_in_pages,
)
from app.console.campaign_review import doors as campaign_review_doors
from app.console.cart_list import doors as cart_list_doors
from app.console.catalogue import doors as catalogue_doors
from app.console.coupons import doors as coupon_doors
from app.console.customers import doors as customer_doors
from app.console.exports import doors as export_doors
from app.console.frame import doors as frame_doors
from app.console.funnel import doors as funnel_doors
from app.console.integrations import doors as integration_doors
from app.console.jobs import doors as jobs_doors
from app.console.messages import doors as messages_doors
from app.console.overview import doors as overview_doors
from app.console.own import doors as own_doors
from app.console.people import doors as people_doors
from app.console.reports import doors as report_doors
from app.console.review import doors as review_doors
from app.console.sellers import doors as seller_doors
from app.console.settings import doors as settings_doors
from app.console.shell import ADMIN_UP, ANALYST_UP
from app.console.suppressions import doors as suppressions_doors
from app.console.wording import doors as wording_doors

bp = Blueprint("console", __name__)
bp.register_error_handler(RateLimitExceeded, limits.too_many)

_everybody, _staff, _admins = requires_role(*EVERY_ROLE), requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)


overview_doors.add(bp)
funnel_doors.add(bp)

bp.add_url_rule("/sign-in", "sign_in", for_guests(sign_in_pages.sign_in))
bp.add_url_rule("/sign-in", "start_session", for_guests(sign_in_pages.start), methods=["POST"])
bp.add_url_rule("/sign-in/code", "second_step", for_guests(sign_in_pages.second_step))
bp.add_url_rule("/sign-in/code", "finish_sign_in", for_guests(sign_in_pages.finish), methods=["POST"])
bp.add_url_rule("/sign-out", "sign_out", for_guests(sign_in_pages.sign_out), methods=["POST"])

bp.add_url_rule("/sign-in/passkey", "sign_in_by_passkey", for_guests(passkey_sign_in.sign_in), methods=["POST"])
bp.add_url_rule("/sign-in/passkey/challenge", "ask_for_passkey", for_guests(passkey_sign_in.ask), methods=["POST"])
bp.add_url_rule("/sign-in/code/passkey", "finish_by_passkey", for_guests(passkey_sign_in.finish), methods=["POST"])
own_doors.add(bp)
people_doors.add(bp)
frame_doors.add(bp)

bp.add_url_rule("/carts/reminders", "cart_reminders", _admins(reminder_actions.act), methods=["POST"])
bp.add_url_rule("/carts/<cart_id>", "cart", _staff(cart_pages.show))

bp.add_url_rule("/campaigns", "campaigns", _staff(campaign_pages.index))
bp.add_url_rule("/campaigns", "create_campaign", _admins(campaign_pages.create), methods=["POST"])
bp.add_url_rule("/campaigns/new", "new_campaign", _admins(campaign_pages.new))
_campaign = "/campaigns/<campaign_id>"
_step = f"{_campaign}/steps/<int:step>"
bp.add_url_rule(_campaign, "campaign", _staff(campaign_pages.show))
bp.add_url_rule(f"{_campaign}/steps", "add_step", _admins(campaign_pages.add_step), methods=["POST"])
bp.add_url_rule(_step, "save_step", _admins(campaign_pages.save), methods=["POST"])
bp.add_url_rule(f"{_step}/removal", "remove_step", _admins(campaign_pages.remove_step), methods=["POST"])
bp.add_url_rule(f"{_step}/preview", "campaign_preview", _staff(campaign_pages.preview))
bp.add_url_rule(f"{_campaign}/publication", "publish_campaign", _admins(campaign_pages.publish), methods=["POST"])
bp.add_url_rule(f"{_campaign}/pause", "pause_campaign", _admins(campaign_pages.pause), methods=["POST"])
bp.add_url_rule(f"{_campaign}/resumption", "resume_campaign", _admins(campaign_pages.resume), methods=["POST"])
bp.add_url_rule(f"{_campaign}/removal", "archive_campaign", _admins(campaign_pages.archive), methods=["POST"])

bp.add_url_rule("/orders", "orders", _staff(order_pages.index))
bp.add_url_rule("/orders/<order_id>", "order", _staff(order_pages.show))
bp.add_url_rule("/orders/<order_id>/receipt.pdf", "order_receipt", _admins(order_pages.receipt))
bp.add_url_rule("/orders/<order_id>/release", "order_release", _admins(order_pages.release), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/hand-over", "order_fulfil", _admins(order_pages.fulfil), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/payment", "order_paid", _admins(order_pages.receive_payment), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/refund", "order_refund", _admins(order_pages.refund), methods=["POST"])
bp.add_url_rule("/orders/<order_id>/cancellation", "order_cancel", _admins(order_pages.cancel), methods=["POST"])

bp.add_url_rule("/audit", "audit", _staff(audit_page.show))

settings_doors.add(bp)
catalogue_doors.add(bp)
coupon_doors.add(bp)
customer_doors.add(bp)
jobs_doors.add(bp)
review_doors.add(bp)
report_doors.add(bp)
export_doors.add(bp)
integration_doors.add(bp)
campaign_review_doors.add(bp)
cart_list_doors.add(bp)
messages_doors.add(bp)
suppressions_doors.add(bp)
wording_doors.add(bp)
seller_doors.add(bp)
