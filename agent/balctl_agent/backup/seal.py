"""AES-256-GCM by the libcrypto that Python's own TLS uses: the standard library has no cipher of its own.

ctypes is loaded at the first call, which only a job's child process makes: the heartbeat's process stays small.
"""

from __future__ import annotations

import importlib
import os
import ssl
import sys

from ..errors import StepFailed

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
GCM_SET_IVLEN, GCM_GET_TAG, GCM_SET_TAG = 0x9, 0x10, 0x11  # openssl/evp.h, EVP_CTRL_AEAD_*
CRYPTO_SYMBOLS = ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm", "EVP_EncryptInit_ex", "EVP_DecryptInit_ex")


class BadSeal(Exception):
    """The text, its tag, its key or what it is bound to does not belong together."""


class Gcm:
    """One key. Not for use by two threads at once. StepFailed when this host's Python has no usable libcrypto."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("an AES-256 key has 32 bytes")
        self._ctypes = importlib.import_module("ctypes")
        self._crypto = load_crypto(self._ctypes)
        pointer, number = self._ctypes.c_void_p, self._ctypes.c_int
        self._crypto.EVP_CIPHER_CTX_new.restype = pointer
        self._crypto.EVP_aes_256_gcm.restype = pointer
        self._crypto.EVP_CIPHER_CTX_ctrl.argtypes = [pointer, number, number, pointer]
        self._crypto.EVP_CIPHER_CTX_free.argtypes = [pointer]
        self._crypto.EVP_CIPHER_CTX_free.restype = None
        for way in ("Encrypt", "Decrypt"):
            getattr(self._crypto, f"EVP_{way}Init_ex").argtypes = [pointer] * 5
            getattr(self._crypto, f"EVP_{way}Update").argtypes = [pointer] * 4 + [number]
            getattr(self._crypto, f"EVP_{way}Final_ex").argtypes = [pointer] * 3
        self._key = key
        self._cipher = self._crypto.EVP_aes_256_gcm()

    def seal(self, nonce: bytes, text: bytes, bound: bytes) -> bytes:
        """Ciphertext and tag. A nonce serves once per key."""
        return self._pass("Encrypt", nonce, text, bound, b"")

    def unseal(self, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        """The text. BadSeal when one bit of anything is wrong."""
        if len(nonce) != NONCE_BYTES or len(sealed) < TAG_BYTES:
            raise BadSeal("too short")
        return self._pass("Decrypt", nonce, sealed[:-TAG_BYTES], bound, sealed[-TAG_BYTES:])

    def _pass(self, way: str, nonce: bytes, text: bytes, bound: bytes, tag: bytes) -> bytes:
        c, lib = self._ctypes, self._crypto
        state = lib.EVP_CIPHER_CTX_new()
        if not state:
            raise StepFailed("libcrypto has no memory")
        out, length = c.create_string_buffer(len(text) + TAG_BYTES), c.c_int(0)
        update = getattr(lib, f"EVP_{way}Update")
        try:
            # The IV's default length is 12 bytes, which is what NONCE_BYTES says.
            good = getattr(lib, f"EVP_{way}Init_ex")(state, self._cipher, None, self._key, nonce)
            good = good and (not bound or update(state, None, c.byref(length), bound, len(bound)))
            good = good and (not text or update(state, out, c.byref(length), text, len(text)))
            if good and tag:
                good = lib.EVP_CIPHER_CTX_ctrl(state, GCM_SET_TAG, TAG_BYTES, tag)
            if not good:
                raise StepFailed("libcrypto refuses AES-256-GCM on this host: is FIPS mode half set up?")
            rest = c.create_string_buffer(TAG_BYTES)
            if getattr(lib, f"EVP_{way}Final_ex")(state, rest, c.byref(length)) != 1:
                raise BadSeal("the tag does not fit")
            if tag:
                return out.raw[: len(text)]
            if lib.EVP_CIPHER_CTX_ctrl(state, GCM_GET_TAG, TAG_BYTES, rest) != 1:
                raise StepFailed("libcrypto gives no tag")
            return out.raw[: len(text)] + rest.raw
        finally:
            lib.EVP_CIPHER_CTX_free(state)


def load_crypto(ctypes_module: object) -> object:
    """The library behind Python's ssl module; its symbols are found through _ssl's own file, else by name."""
    own = getattr(sys.modules.get("_ssl"), "__file__", None)
    names = [own] if own else [None]  # None: compiled into the interpreter itself
    major = ssl.OPENSSL_VERSION_INFO[0]
    names += ["libcrypto.so.3"] if major >= 3 else ["libcrypto.so.1.1", "libcrypto.so.10"]
    for name in names:
        try:
            found = ctypes_module.CDLL(name)  # type: ignore[attr-defined]
            if all(hasattr(found, symbol) for symbol in CRYPTO_SYMBOLS):
                return found
        except (OSError, AttributeError):
            continue
    raise StepFailed(
        f"no libcrypto was found beside {os.path.basename(sys.executable)}: backups need OpenSSL (package libssl3 or openssl-libs)"
    )
