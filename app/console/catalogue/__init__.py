"""The catalogue in the console: products, variants, stock, prices, files brought in and taken out. Translates, holds no rules."""
