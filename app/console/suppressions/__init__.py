"""The list of addresses that are not written to, in the console: looked through, added to by hand, lifted where that may be."""
