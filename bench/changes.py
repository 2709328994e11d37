"""`python -m bench.changes`: what the larger changes of a cart cost beside an addition, by the service alone, one at a time."""

import argparse
import subprocess
import sys

from app.embedded.process import ServerError
from bench import machine, shop
from bench.shop import ROOT


def main() -> int:
    """Set up, measure, print, take down."""
    parser = argparse.ArgumentParser(prog="python -m bench.changes", description=__doc__)
    parser.add_argument("--carts", type=int, default=100, help="of each kind; every one is changed once")
    given = parser.parse_args()
    try:
        with shop.opened(100, 2) as place:
            command = [sys.executable, "-m", "bench.wishes", str(given.carts)]
            ended = subprocess.run(
                command, check=False, cwd=ROOT, env=place.variables, stdout=subprocess.PIPE, text=True
            )
            print(machine.description(*place.versions))
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        "\n| | µs of the application's CPU | × add | µs elapsed | × add |\n| - | -: | -: | -: | -: |\n" + ended.stdout
    )
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
