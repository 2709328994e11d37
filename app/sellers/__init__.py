"""What sellers are told: figures of finished weeks about their own products, in which nobody can be recognized (decision 78)."""
