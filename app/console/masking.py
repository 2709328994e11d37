"""Personal data as those see them who may not see them in clear: enough to tell two people apart, not to write to one."""

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
