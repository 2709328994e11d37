"""Recovery: from an abandoned cart back to an order, once, politely, provably.

Owns the words episode, campaign, step, message, recovery link, suppression, salvage, holdout. It listens to cart and
orders and calls them; they have never heard of it.
"""
