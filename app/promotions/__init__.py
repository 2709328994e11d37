"""Coupons: what a code takes off an order, who may use it how often, and that it is never used more often than that.

Owns the words coupon, redemption. Called by cart (to show) and orders (to redeem).
"""
