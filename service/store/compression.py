"""Payloads as they are kept: zstd level 3, with a dictionary trained on a source's first page when it pays."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from threading import Lock

import zstandard

LEVEL = 3
DICTIONARY_BYTES = 64 * 1024
SAMPLES_TO_TRAIN = 64  # fewer say too little about the next thousand
SAMPLES_AT_MOST = 500  # more cost time and add nothing
PAYLOAD_LIMIT = 64 * 1024 * 1024  # no item is this large; a damaged frame may claim to be


class RawRecordDamaged(Exception):
    """A stored payload cannot be unpacked; a full sync of its source writes it anew."""


def digest(payload: bytes) -> bytes:
    """What tells a changed payload from an unchanged one: half of a SHA-256, which processors compute themselves."""
    return sha256(payload).digest()[:16]


def train(samples: Sequence[bytes]) -> bytes | None:
    """A dictionary, or None when the samples are too few or have nothing in common."""
    if len(samples) < SAMPLES_TO_TRAIN:
        return None
    try:
        return zstandard.train_dictionary(DICTIONARY_BYTES, list(samples[:SAMPLES_AT_MOST])).as_bytes()
    except zstandard.ZstdError:
        return None


class Codec:
    """Packs and unpacks with one dictionary (or none). Safe to use from several threads, one at a time."""

    def __init__(self, dictionary: bytes | None = None) -> None:
        shared = zstandard.ZstdCompressionDict(dictionary) if dictionary is not None else None
        if shared is not None:
            shared.precompute_compress(level=LEVEL)
        self._pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=shared)
        self._unpack = zstandard.ZstdDecompressor(dict_data=shared)
        self._lock = Lock()

    def pack(self, payloads: Sequence[bytes]) -> list[bytes]:
        with self._lock:
            return [self._pack.compress(payload) for payload in payloads]

    def unpack(self, packed: bytes) -> bytes:
        """Raises RawRecordDamaged, also for a frame that claims more than PAYLOAD_LIMIT."""
        try:
            if not 0 <= zstandard.frame_content_size(packed) <= PAYLOAD_LIMIT:
                raise RawRecordDamaged(f"A stored payload claims to be larger than {PAYLOAD_LIMIT} bytes.")
            with self._lock:
                return self._unpack.decompress(packed)
        except zstandard.ZstdError as error:
            raise RawRecordDamaged(f"A stored payload cannot be unpacked: {error}.") from error
