"""Which page of the discount codes answers where, and for which roles."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.coupons import batch_pages, pages
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
_coupon = "/coupons/<coupon_id>"
_batch = "/coupons/batches/<batch_id>"


def add(bp: Blueprint) -> None:
    """Hang them."""
    rule = bp.add_url_rule
    rule("/coupons", "coupons", _staff(pages.index))
    rule("/coupons", "coupon_create", _admins(pages.create), methods=["POST"])
    rule("/coupons/new", "coupon_new", _admins(pages.new))
    rule(_coupon, "coupon", _staff(pages.show))
    rule(_coupon, "coupon_change", _admins(pages.change), methods=["POST"])
    rule(f"{_coupon}/active", "coupon_active", _admins(pages.switch), methods=["POST"])
    rule("/coupons/batches", "coupon_batches", _staff(batch_pages.index))
    rule("/coupons/batches", "coupon_batch_create", _admins(batch_pages.create), methods=["POST"])
    rule("/coupons/batches/new", "coupon_batch_new", _admins(batch_pages.new))
    rule(_batch, "coupon_batch", _staff(batch_pages.show))
    rule(f"{_batch}/codes", "coupon_batch_codes", _admins(batch_pages.give_out), methods=["POST"])
    rule(f"{_batch}/active", "coupon_batch_active", _admins(batch_pages.switch), methods=["POST"])
