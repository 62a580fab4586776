"""Random numbers that belong to an item and a trial, not to the order in which anybody asks for them.

Each number is a hash of a seed, the item's key and the number of the trial (a counter-based generator, after Salmon et
al., "Parallel random numbers: as easy as 1, 2, 3", 2011). So an item meets the same luck in the same trial before and
after a change to the plan, whatever else was added, cut or renamed: what differs is due to the change alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]
Uniforms = NDArray[np.float32]

_WORD = 0xFFFFFFFF
_FRACTION = 24  # bits that a float32 holds exactly


def keys_of(names: Iterable[str]) -> Keys:
    """One key a name. Two names share one with a chance of 1 to four thousand million."""
    return np.fromiter((crc32(name.encode()) for name in names), np.uint32)


def uniforms(keys: Keys, *, seed: int, first: int, trials: int) -> Uniforms:
    """Per key and trial (from number `first` on) a number ≥ 0 and < 1."""
    own = _mixed(_mixed(keys + np.uint32(seed >> 32 & _WORD)) + np.uint32(seed & _WORD))
    counters = _mixed(np.arange(first, first + trials, dtype=np.uint32))
    return _fractions(_mixed(own[:, None] + counters))


def _mixed(bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """In place. Every bit in changes each bit out with a chance of one half (C. Wellons' lowbias32)."""
    scratch = np.right_shift(bits, 16)
    bits ^= scratch
    bits *= np.uint32(0x7FEB352D)
    np.right_shift(bits, 15, out=scratch)
    bits ^= scratch
    bits *= np.uint32(0x846CA68B)
    np.right_shift(bits, 16, out=scratch)
    bits ^= scratch
    return bits


def _fractions(bits: NDArray[np.uint32]) -> Uniforms:
    bits >>= np.uint32(32 - _FRACTION)
    shares = bits.view(np.int32).astype(np.float32)
    shares *= np.float32(2.0**-_FRACTION)
    return shares
