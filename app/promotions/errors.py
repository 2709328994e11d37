"""Why a discount code is refused. Each leaves order and total as they were, and says which code it is about (`code`)."""

from app.errors import Conflict, Invalid, NotFound, Unavailable


class UnknownCode(Invalid):
    """No such code, one that was switched off, or somebody else's: from outside these must look alike."""

    code = "coupon_unknown"


class NoCode(Invalid):
    """Nothing was typed that could be a code."""

    code = "coupon_missing"


class CouponNotStarted(Invalid):
    """Valid from `starts_at` only; `now` is when it was tried."""

    code = "coupon_not_started"


class CouponEnded(Invalid):
    """Was valid until `ends_at`; `now` is when it was tried."""

    code = "coupon_ended"


class MinimumNotReached(Invalid):
    """The goods are worth `missing` less than the `minimum` (both Money)."""

    code = "coupon_minimum"


class CouponUsedUp(Conflict):
    """Everybody together has used it as often as it may be used."""

    code = "coupon_used_up"


class CouponAlreadyUsed(Conflict):
    """This shopper has used it as often as one may."""

    code = "coupon_already_used"


class CouponOtherCurrency(Invalid):
    """It says nothing about amounts in the order's `currency`."""

    code = "coupon_other_currency"


class CouponAlreadyThere(Conflict):
    """The order has this very code already."""

    code = "coupon_already_there"


class CodesUnavailable(Unavailable):
    """Tries cannot be counted right now, so none are taken. An order without a code is possible."""

    code = "codes_unavailable"


class CodeTaken(Conflict):
    """The store has a coupon with this code, or one that reads the same."""

    code = "coupon_code_taken"


class BadCoupon(Invalid):
    """A coupon that would mean nothing: `field` names what is wrong."""

    code = "bad_coupon"


class CouponNotFound(NotFound):
    """The store has no such coupon."""

    code = "coupon_not_found"


class BatchNotFound(NotFound):
    """The store has no such batch of codes."""

    code = "batch_not_found"


class CouponChanged(Conflict):
    """Somebody changed the coupon since the page was loaded."""

    code = "coupon_changed"


class CouponOfCampaign(Conflict):
    """A campaign or a batch made it on its own terms: it can be stopped, not changed."""

    code = "coupon_of_campaign"


class BatchGivenOut(Conflict):
    """The codes have been downloaded already."""

    code = "batch_given_out"
