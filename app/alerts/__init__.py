"""Stock alerts: who wants a mail when something sold out can be bought again. Owns the word alert."""
