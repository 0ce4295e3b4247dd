"""Opaque identifiers."""

import secrets


def new_id() -> str:
    """128 random bits as 32 hexadecimal characters: unguessable, so it may stand in a URL."""
    return secrets.token_hex(16)
