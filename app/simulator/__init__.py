"""A year of shoppers, made up: they drive the real services by a clock of their own, with a true effect that is known.

Pure: `arrivals` (when), `baskets` (what), `behaviour` (who, why they leave, what messages do to them), `names`. At work:
`shop` (what a shopper does), `staff` (what the store does), `rounds` (what the worker does), `post` (the sender that keeps
what it is given), `times` (the database's clock), `year` (all of it in order), `truth` (what was true beside what was
measured). docs/decisions/0069 says what is simulated, what is not, and why.
"""
