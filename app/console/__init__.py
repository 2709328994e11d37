"""The staff's doors: who you are, what your role may do, how the store stands. Translates, holds no rules."""
