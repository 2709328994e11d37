"""Which page of the catalogue answers where, and for which roles."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.catalogue import import_pages, list_page, product_page, variant_page
from app.console.shell import ADMIN_UP, ANALYST_UP

_staff, _admins = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
_product = "/catalogue/products/<product_id>"
_variant = f"{_product}/variants/<variant_id>"
_import = "/catalogue/imports/<import_id>"


def add(bp: Blueprint) -> None:
    """Hang them."""
    rule = bp.add_url_rule
    rule("/catalogue", "catalogue", _staff(list_page.index))
    rule("/catalogue/export.csv", "catalogue_export", _staff(list_page.export))
    rule("/catalogue/products/new", "catalogue_new", _admins(product_page.new))
    rule("/catalogue/products", "catalogue_create", _admins(product_page.create), methods=["POST"])
    rule(_product, "catalogue_product", _staff(product_page.show))
    rule(f"{_product}/words", "catalogue_words", _admins(product_page.say), methods=["POST"])
    rule(f"{_product}/shown", "catalogue_shown", _admins(product_page.turn), methods=["POST"])
    rule(f"{_product}/pictures", "catalogue_pictures", _admins(product_page.picture), methods=["POST"])
    rule(f"{_product}/variants", "catalogue_add_variant", _admins(variant_page.add), methods=["POST"])
    rule(_variant, "catalogue_variant", _staff(variant_page.show))
    rule(f"{_variant}/price", "catalogue_price", _admins(variant_page.price), methods=["POST"])
    rule(f"{_variant}/price/undo", "catalogue_price_undo", _admins(variant_page.take_back), methods=["POST"])
    rule(f"{_variant}/stock", "catalogue_stock", _admins(variant_page.stock), methods=["POST"])
    rule(f"{_variant}/limit", "catalogue_limit", _admins(variant_page.limit), methods=["POST"])
    rule(f"{_variant}/offered", "catalogue_offered", _admins(variant_page.turn), methods=["POST"])
    rule("/catalogue/imports", "catalogue_imports", _staff(import_pages.index))
    rule("/catalogue/imports", "catalogue_upload", _admins(import_pages.upload), methods=["POST"])
    rule(_import, "catalogue_import", _staff(import_pages.show))
    rule(f"{_import}/report.csv", "catalogue_report", _staff(import_pages.report))
    rule(f"{_import}/application", "catalogue_apply", _admins(import_pages.apply), methods=["POST"])
    rule(f"{_import}/removal", "catalogue_discard", _admins(import_pages.discard), methods=["POST"])
