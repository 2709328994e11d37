"""Discount codes in the console: made, changed, stopped; batches of codes given out once. Translates, holds no rules."""
