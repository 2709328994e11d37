"""What staff did, in the words of the console. An action without words is shown as it is stored."""

from collections.abc import Callable

from app.web.language import gettext as _

ACTIONS: dict[str, Callable[[], str]] = {
    "signed_in": lambda: _("Signed in to the console"),
    "signed_out_everywhere": lambda: _("Signed out on every device"),
    "second_factor_set_up": lambda: _("Set up the second step of signing in"),
    "campaign_created": lambda: _("Began a campaign"),
    "campaign_published": lambda: _("Published a campaign"),
    "campaign_paused": lambda: _("Paused a campaign"),
    "campaign_resumed": lambda: _("Resumed a campaign"),
    "campaign_archived": lambda: _("Put a campaign away"),
    "cart_viewed": lambda: _("Looked at a cart"),
    "reminder_sent_by_hand": lambda: _("Sent a reminder by hand"),
    "reminder_undone": lambda: _("Called a reminder off"),
    "reminders_stopped": lambda: _("Stopped the reminders about a cart"),
    "stopping_undone": lambda: _("Let the reminders about a cart go on"),
    "order_viewed": lambda: _("Looked at an order"),
    "receipt_viewed": lambda: _("Opened a receipt"),
    "order_released": lambda: _("Released an order"),
    "order_fulfilled": lambda: _("Handed an order over"),
    "payment_received": lambda: _("Recorded a payment"),
    "order_refunded": lambda: _("Gave money back"),
    "order_cancelled": lambda: _("Cancelled an order"),
    "settings_changed": lambda: _("Changed settings"),
    "store_changed": lambda: _("Changed the store's facts"),
    "product_created": lambda: _("Made a product"),
    "product_changed": lambda: _("Changed what is said of a product"),
    "product_withdrawn": lambda: _("Withdrew a product"),
    "product_returned": lambda: _("Put a product in the shop"),
    "pictures_changed": lambda: _("Changed a product's pictures"),
    "variant_added": lambda: _("Added a variant"),
    "variant_withdrawn": lambda: _("Withdrew a variant"),
    "variant_returned": lambda: _("Brought a variant back"),
    "price_changed": lambda: _("Changed a price"),
    "price_taken_back": lambda: _("Took a price change back"),
    "stock_moved": lambda: _("Changed a stock"),
    "stock_limited": lambda: _("Changed whether stock is counted"),
    "import_begun": lambda: _("Sent a file with products"),
    "import_applied": lambda: _("Brought a file into the catalogue"),
    "import_discarded": lambda: _("Put a file with products away"),
    "coupon_created": lambda: _("Made a discount code"),
    "coupon_changed": lambda: _("Changed a discount code"),
    "coupon_stopped": lambda: _("Stopped a discount code"),
    "coupon_resumed": lambda: _("Let a discount code hold again"),
    "coupons_made": lambda: _("Made a batch of discount codes"),
    "coupons_downloaded": lambda: _("Downloaded a batch of discount codes"),
    "customer_viewed": lambda: _("Looked at a customer"),
    "customer_reminders_stopped": lambda: _("Stopped the reminders to a customer"),
    "customer_signed_out": lambda: _("Signed a customer out everywhere"),
    "order_reviewed": lambda: _("Decided about a held order"),
    "order_review_undone": lambda: _("Took back a decision about a held order"),
    "order_review_carried_out": lambda: _("A decision about a held order was carried out"),
    "connection_checked": lambda: _("Checked a connection"),
    "test_email_sent": lambda: _("Had a test email sent"),
    "webhook_added": lambda: _("Added an endpoint for webhooks"),
    "webhook_changed": lambda: _("Changed an endpoint for webhooks"),
    "webhook_switched_on": lambda: _("Switched an endpoint for webhooks on"),
    "webhook_switched_off": lambda: _("Switched an endpoint for webhooks off"),
    "webhook_removed": lambda: _("Removed an endpoint for webhooks"),
    "webhook_secret_rotated": lambda: _("Made another secret for webhooks"),
    "webhook_old_secret_ended": lambda: _("Ended an old secret for webhooks"),
    "webhook_tried_out": lambda: _("Sent a test event"),
    "webhook_sent_again": lambda: _("Had webhooks sent again"),
    "job_paused": lambda: _("Paused a task"),
    "job_resumed": lambda: _("Let a task go on"),
    "job_run_by_hand": lambda: _("Had a task run at once"),
    "outbox_tried_again": lambda: _("Had failed work tried again"),
    "outbox_dropped": lambda: _("Dropped failed work"),
    "outbox_brought_back": lambda: _("Brought dropped work back"),
}

_SUBJECTS: dict[str, Callable[[], str]] = {
    "campaign": lambda: _("Campaign"),
    "cart": lambda: _("Cart"),
    "coupon": lambda: _("Code"),
    "coupon_batch": lambda: _("Batch"),
    "customer": lambda: _("Customer"),
    "import": lambda: _("File"),
    "product": lambda: _("Product"),
    "order": lambda: _("Order"),
    "settings": lambda: _("Settings"),
    "staff": lambda: _("Staff"),
    "store": lambda: _("Store"),
    "connection": lambda: _("Connection"),
    "endpoint": lambda: _("Endpoint"),
    "job": lambda: _("Task"),
    "outbox": lambda: _("Outbox"),
}


def action_word(action: str) -> str:
    """What was done."""
    words = ACTIONS.get(action)
    return words() if words else action


def subject_word(kind: str) -> str:
    """What it was done to."""
    words = _SUBJECTS.get(kind)
    return words() if words else kind
