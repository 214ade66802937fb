"""Identifiers at rest: Fernet encryption with rotating keys, and a keyed digest to look them up by."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(f"ILDPORTAL_FIELD_KEYS: {error}") from None


def encrypt(value: str) -> str:
    """Ciphertext (URL-safe text) of `value` under the first key."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(value.encode()).decode()


def decrypt(value: str) -> str:
    """The clear text; raises ImproperlyConfigured when no key fits."""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
    except InvalidToken:
        raise ImproperlyConfigured(
            "a stored identifier cannot be decrypted: add the key it was written with to ILDPORTAL_FIELD_KEYS"
        ) from None


def lookup(system: str, value: str) -> str:
    """Keyed HMAC-SHA-256 (64 hex digits) of an identifier inside its issuing system."""
    message = f"{system}\x1f{value.strip()}".encode()
    return hmac.new(settings.LOOKUP_KEY.encode(), message, hashlib.sha256).hexdigest()
