"""Personal data as those see them who may not see them in clear: enough to tell two people apart, not to write to one."""

from app.console import shell

MASK = "•••"


def masked_email(email: str) -> str:
    """s•••@mail.example"""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}{MASK}@{domain}" if at else MASK


def masked_name(name: str) -> str:
    """S. K."""
    return " ".join(f"{word[0]}." for word in name.split()) or MASK


def masked_phone(phone: str) -> str:
    """•••56"""
    return f"{MASK}{phone[-2:]}" if phone else ""


def shown_person(name: str, email: str) -> tuple[str, str]:
    """Name and address as whoever asks may see them."""
    if shell.sees_everything():
        return name, email
    return (masked_name(name) if name else "", masked_email(email))
