"""From a cart to an order: checkout, placing, payment, receipt, what happens to an order afterwards.

Owns the words order, checkout, reservation of units for an order, payment attempt, receipt. Calls cart, promotions,
inventory and payments; tells others by the outbox (order.placed, order.cancelled …).
"""
