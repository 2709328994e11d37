"""One's own sign-in: the second step, passkeys, and where one is signed in."""
