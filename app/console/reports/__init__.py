"""Reports in the console: what messages brought, cut by campaign, step, channel, product, period or reason, against the days before."""
