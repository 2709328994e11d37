"""python -m app.translations.compile: make the catalogues that the running program reads. Part of set-up and release."""

import os

from babel.messages.mofile import write_mo

from app.translations.catalogues import HERE, locales, merged


def main() -> None:
    """Write <locale>/LC_MESSAGES/messages.mo for every language, each replaced in one step."""
    for locale in locales():
        target = HERE / locale / "LC_MESSAGES" / "messages.mo"
        target.parent.mkdir(exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}")
        with partial.open("wb") as file:
            write_mo(file, merged(locale))
        partial.replace(target)


if __name__ == "__main__":
    main()
