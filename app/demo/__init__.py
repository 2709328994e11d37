"""The demo: `python -m app.demo` runs the whole shop, servers included, as one process tree (`bin/demo` calls it).

`command` is what a person calls, `environment` reads what it was given, `supervisor` starts, watches and stops,
`prepare` migrates and fills the database; `accounts` names who can sign in, `mailbox` shows what the shop sent.
"""
