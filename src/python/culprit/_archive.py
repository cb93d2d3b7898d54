# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bytes of logs, decompressed: gzip, bzip2, xz, and zstd where Python has it.

A damaged archive gives what could be read, and then an error: never an end that looks like the log's own.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

MAGICS: dict[str, bytes] = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "zstd": b"\x28\xb5\x2f\xfd",
}
LONGEST_MAGIC = max(map(len, MAGICS.values()))
# So much is made of compressed bytes before it is passed on: an archive of zeros can be large.
PIECE = 1 << 20


class DamagedError(Exception):
    """The archive is cut short or broken."""


def _zstd() -> Any:
    """A decompressor of zstd: that of Python 3.14, or that of python3-zstandard."""
    try:
        return importlib.import_module("compression.zstd").ZstdDecompressor()
    except ImportError:
        pass
    try:
        return importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
    except ImportError:
        raise DamagedError("zstd needs Python 3.14 or the module zstandard (python3-zstandard)") from None


class _Member:
    """One member of an archive. feed() gives what compressed bytes hold, in pieces."""

    def __init__(self, format: str) -> None:
        self._format = format
        makers: dict[str, Callable[[], Any]] = {
            "gzip": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16),
            "bzip2": bz2.BZ2Decompressor,
            "xz": lzma.LZMADecompressor,
            "zstd": _zstd,
        }
        self._decompressor = makers[format]()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            if self._format == "gzip":
                while data and not self._decompressor.eof:
                    yield self._decompressor.decompress(data, PIECE)
                    data = self._decompressor.unconsumed_tail
                return
            if self._format == "zstd" and not hasattr(self._decompressor, "needs_input"):
                yield self._decompressor.decompress(data)
                return
            yield self._decompressor.decompress(data, PIECE)
            while not self._decompressor.eof and not self._decompressor.needs_input:
                yield self._decompressor.decompress(b"", PIECE)
        except Exception as error:  # each library has its own; zstandard's is known where that is
            raise DamagedError(f"{self._format}: {error}") from error

    @property
    def ended(self) -> bool:
        return bool(self._decompressor.eof)

    @property
    def rest(self) -> bytes:
        """What stands behind the member's end."""
        return bytes(self._decompressor.unused_data)

    def check_end(self) -> None:
        if not self.ended:
            raise DamagedError(f"{self._format}: the archive is cut short")


def _format_of(start: bytes) -> str | None:
    return next((name for name, magic in MAGICS.items() if start.startswith(magic)), None)


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What the chunks hold. Members may follow each other, and plain text may follow them; zeros between are padding.
    An empty chunk stands for silence, and is passed on. DamagedError behind all that could be read."""
    member: _Member | None = None
    plain = False
    behind_member = False
    start = b""
    for chunk in chunks:
        if not chunk:
            yield b""
        while chunk:
            if plain:
                yield chunk
                break
            if member is None:
                start += chunk
                if behind_member:
                    start = start.lstrip(b"\0")
                could_be = any(magic.startswith(start) for magic in MAGICS.values())
                if could_be and len(start) < LONGEST_MAGIC and _format_of(start) is None:
                    break
                format = _format_of(start)
                chunk, start = start, b""
                if format is None:
                    plain = True
                    continue
                member = _Member(format)
            yield from filter(None, member.feed(chunk))
            chunk = member.rest if member.ended else b""
            if member.ended:
                member, behind_member = None, True
    if start:
        yield start
    if member is not None:
        member.check_end()
