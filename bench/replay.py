"""`python -m bench.replay`: how many events a second become carts again, and how many `flask carts verify` goes through.

Long carts, made by the cart's own service: ten lines each, quantities changed and lines moved again and again. Three figures,
each per second of one process's CPU and of the clock: the fold alone, documents decoded and folded, the check of a store.
"""

import argparse
import subprocess
import sys

from app.embedded.process import ServerError
from bench import machine, shop
from bench.shop import ROOT

LONG_CARTS = 10


def main() -> int:
    """Set up, measure, print, take down."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__)
    parser.add_argument("--carts", type=int, default=1000, help="of customers in the store, with a short log each")
    parser.add_argument("--changes", type=int, default=1000, help="of each long cart")
    parser.add_argument("--quick", action="store_true", help="see that it runs; figures mean nothing")
    given = parser.parse_args()
    if given.quick:
        given.carts, given.changes = 8, 20
    try:
        with shop.opened(max(20, given.carts), given.carts) as place:
            command = [sys.executable, "-m", "bench.folds", str(min(LONG_CARTS, given.carts)), str(given.changes)]
            ended = subprocess.run(
                command, check=False, cwd=ROOT, env=place.variables, stdout=subprocess.PIPE, text=True
            )
            print(machine.description(*place.versions))
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n| | events | / s of CPU | / s |\n| - | -: | -: | -: |\n" + ended.stdout)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
