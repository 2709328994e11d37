"""What the store sells: categories, products, their variants, pictures and prices. Owns those words; asked by shop and cart."""
