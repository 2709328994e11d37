"""Stock: how many units of a variant can be sold. Owns the word stock; told by the catalogue's import, asked by cart and checkout."""
