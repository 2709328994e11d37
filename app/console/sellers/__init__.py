"""What sellers see: finished weeks of their own products, in figures without names, with small groups protected (app/sellers)."""
