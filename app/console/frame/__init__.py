"""What stands around every page of the console: the jump to anything, notices, the other stores, how it looks."""
