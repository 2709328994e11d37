"""A key for web push, in a file as an installation has it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def write_vapid_key(folder: Path) -> Path:
    """Make one in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    path = folder / "vapid.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
