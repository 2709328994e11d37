"""How a handler of the outbox says that trying again cannot help."""


class PermanentFailure(Exception):
    """The other side refused for good. `reason` is a short code without personal data, fit for logs and the outbox row."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
