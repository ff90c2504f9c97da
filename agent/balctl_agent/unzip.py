"""The agent's bundle unpacked in memory, by hand: the seven names, plain files, sizes that were announced.

zipfile would accept far more than we want to, and costs the resident agent 2 MB.
Format: APPNOTE.TXT 6.3 of PKWARE, sections 4.3.7 to 4.3.16.
"""

from __future__ import annotations

import struct
import zlib

from .errors import UpdateRefused

BUNDLE_NAMES = (
    "balctl_heartbeat.py", "balctl-agent.sh", "balctl-heartbeat.env.example", "balctl-heartbeat.service", "README.md", "LICENSE", "INSTALL_VM.txt",
)  # fmt: skip
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
LOCAL = struct.Struct("<4sHHHHHIIIHH")
END = struct.Struct("<4sHHHHIIH")


def unzip_bundle(data: bytes, sizes: dict[str, int]) -> dict[str, bytes]:
    """Contents by name. UpdateRefused unless the archive holds exactly the names of `sizes`, each of that size."""
    try:
        return read_entries(data, sizes)
    except (struct.error, zlib.error, IndexError, UnicodeDecodeError) as why:
        raise UpdateRefused("bundle_malformed", f"agent.zip cannot be unpacked: {why}") from None


def read_entries(data: bytes, sizes: dict[str, int]) -> dict[str, bytes]:
    at = data.rfind(b"PK\x05\x06")
    if at < 0:
        raise UpdateRefused("bundle_malformed", "agent.zip is cut short or is not a zip file")
    _, _, _, _, count, _, start, _ = END.unpack_from(data, at)
    files: dict[str, bytes] = {}
    where = start
    for _ in range(count):
        entry = CENTRAL.unpack_from(data, where)
        if entry[0] != b"PK\x01\x02":
            raise UpdateRefused("bundle_malformed", "agent.zip has a damaged table of contents")
        flags, method, crc, packed, size, name_len, extra_len, note_len = entry[3], entry[4], *entry[7:13]
        name = data[where + CENTRAL.size : where + CENTRAL.size + name_len].decode("ascii")
        kind = entry[15] >> 28  # UNIX file type: 8 is a plain file, 0 not told
        if name not in sizes or kind not in (0, 8) or flags & 1 or method not in (0, 8):
            raise UpdateRefused("bundle_names", f"agent.zip holds {name[:80]!r}, which does not belong there")
        if name in files:
            raise UpdateRefused("bundle_names", f"agent.zip holds {name} twice")
        if size != sizes[name]:
            raise UpdateRefused("bundle_sizes", f"{name} in agent.zip is not of the announced size")
        files[name] = read_entry(data, entry[16], method, packed, size)
        if zlib.crc32(files[name]) != crc:
            raise UpdateRefused("bundle_malformed", f"{name} in agent.zip is damaged")
        where += CENTRAL.size + name_len + extra_len + note_len
    missing = sorted(set(sizes) - set(files))
    if missing:
        raise UpdateRefused("bundle_names", f"agent.zip lacks {missing[0]}")
    return files


def read_entry(data: bytes, offset: int, method: int, packed: int, size: int) -> bytes:
    head = LOCAL.unpack_from(data, offset)
    if head[0] != b"PK\x03\x04":
        raise UpdateRefused("bundle_malformed", "agent.zip has a damaged entry")
    begin = offset + LOCAL.size + head[9] + head[10]
    raw = data[begin : begin + packed]
    if len(raw) != packed:
        raise UpdateRefused("bundle_malformed", "agent.zip is cut short")
    if method == 0:
        content = raw
    else:
        unpacker = zlib.decompressobj(-15)
        content = unpacker.decompress(raw, size + 1)  # a bomb stops one byte past what was announced
    if len(content) != size:
        raise UpdateRefused("bundle_sizes", "an entry of agent.zip expands to another size than announced")
    return content
