"""What is wrong with a campaign, as values: codes that are stable, and where it is. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend (`blocking`), or to think about. `step` 0 is the campaign itself, `line` 0 no line of a template.

    `about` is the word or number in question, `suggestion` what was probably meant.
    """

    code: str
    blocking: bool = True
    step: int = 0
    locale: str = ""
    field: str = ""
    line: int = 0
    about: str = ""
    suggestion: str = ""
