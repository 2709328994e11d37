"""The overview: what messages really add first, then how carts, campaigns, sending and jobs stand, live where it matters."""
