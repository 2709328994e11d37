"""Orders that were held for a look: one after the other, with what speaks against it, decided with a way back."""
