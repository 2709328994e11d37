"""`python -m app.demo`: run the whole shop until Ctrl-C."""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing to stop as yet: Ctrl-C just ends us, without a traceback
    from app.demo.command import main

    sys.exit(main())
