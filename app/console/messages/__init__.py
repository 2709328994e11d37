"""Messages in the console: why each left or did not, the links they carry, how their words look, whom nobody writes to."""
