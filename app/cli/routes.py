"""`flask routes-matrix --json`: every door with its methods, audience and roles, and whether it changes anything.

The tests are built from it: each console door is held against a declared table, and tried by every role (tests/web).
"""

import json

import click
from flask import current_app
from flask.cli import with_appcontext

from app.blueprints import audience_of


@click.command("routes-matrix")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@with_appcontext
def routes_matrix(as_json: bool) -> None:
    """List every route: path, endpoint, methods, audience, roles, whether it changes state."""
    rows = [
        {
            "path": rule.rule,
            "endpoint": rule.endpoint,
            "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
            **audience_of(current_app, rule.endpoint),
            "changes_state": bool((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}),
        }
        for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        roles = ",".join(row["roles"]) or "-"
        click.echo(f"{','.join(row['methods']):10} {row['path']:45} {row['audience']:10} {roles}")
