"""The list of carts in the console: views, filters that stand in the address, saved views, actions on all that is found."""
