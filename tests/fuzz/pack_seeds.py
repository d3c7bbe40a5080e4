# SPDX-License-Identifier: Apache-2.0
"""Seeds for `fuzz_pack`: small files of every format that git keeps."""

import struct
import zlib

from tests.packs import (
    COMMIT,
    TAG,
    TREE,
    Entry,
    copy,
    delta,
    index_bytes,
    insert,
    object_name,
    ofs,
    pack_bytes,
    ref,
    whole,
)

SHARED_NAME = "sharedindex." + "07" * 20
_TEXT = b"some text to make deltas of\n" * 8
_HEAD = b"tree " + b"12" * 20 + b"\nparent " + b"34" * 20
_COMMIT = _HEAD + b"\nauthor A <a> 1 +0000\ncommitter C <c> 2 +0000\n\nmessage\n"
_TREE = b"100644 file\0" + b"\1" * 20 + b"40000 folder\0" + b"\2" * 20
_TAG = b"object " + b"56" * 20 + b"\ntype commit\ntag v\n\nm\n"


def _entries() -> list[Entry]:
    longer = _TEXT + b"more"
    made = delta(_TEXT, longer, copy(0, len(_TEXT)), insert(b"more"))
    short = delta(longer, b"text", copy(5, 4))
    return [
        whole(_TEXT),
        ofs(0, made, longer),
        ref(object_name(longer), short, b"text"),
        whole(_COMMIT, COMMIT),
        whole(_TREE, TREE),
        whole(_TAG, TAG),
    ]


def staged(version: int, *, split: bool = True) -> bytes:
    """Return an index file of two entries, split from `SHARED_NAME` or not."""
    out = struct.pack(">4sII", b"DIRC", version, 2)
    for name in (b"folder/file", b"folder/other"):
        entry = bytes(24) + struct.pack(">I", 0o100644) + bytes(12) + b"\1" * 20
        entry += struct.pack(">H", len(name))
        if version == 4:
            out += entry + (b"\0" + name if name.endswith(b"file") else b"\4other") + b"\0"
        else:
            out += (entry + name).ljust((len(entry + name) // 8 + 1) * 8, b"\0")
    if not split:
        return out + bytes(20)
    link = b"\7" * 20 + struct.pack(">IIQQI", 64, 2, 1 << 33, 5, 0) * 2
    return out + b"link" + struct.pack(">I", len(link)) + link + bytes(20)


def _reftable() -> bytes:
    head = b"REFT\1\0\0\0" + bytes(16)
    records = b"\0\x71refs/heads/abc\0" + b"\1" * 20 + b"\x0b\x1bxyz\0\4refs"
    block = b"r" + (28 + len(records) + 5).to_bytes(3, "big") + records + b"\0\0\x1c\0\1"
    log = b"\0" + bytes([(10 << 3) | 1]) + b"r\0" + b"\xff" * 8 + bytes(40) + b"\1A\1a\0\0\0\1m"
    packed = b"g" + (4 + len(log) + 5).to_bytes(3, "big") + zlib.compress(log + b"\0\0\4\0\1")
    footer = head + bytes(24) + struct.pack(">QQ", len(head + block), 0)
    return head + block + packed + footer + bytes(4)


def seeds() -> dict[str, bytes]:
    """Return every seed; the first byte names the parser, as in `fuzz_pack.PARSERS`."""
    entries = _entries()
    pack, offsets = pack_bytes(entries)
    length = struct.pack(">I", len(pack))
    indexes = [index_bytes(entries, offsets, pack, version=version) for version in (1, 2)]
    far = index_bytes(entries, offsets, pack, far=True)
    made = delta(_TEXT, 40, copy(3, 30), insert(b"0123456789"))
    refs = b"# pack-refs\n" + b"12" * 20 + b" refs/heads/main\n\xffref: refs/heads/main\n\xff[core]"
    head = (
        b"# v3 git bundle\n@object-format=sha1\n-" + b"9" * 40 + b" x\n" + b"1" * 40 + b" HEAD\n\n"
    )
    return {
        "pack.bin": b"\0" + length + pack,
        "pack-v1.bin": b"\0" + length + pack + indexes[0],
        "pack-v2.bin": b"\0" + length + pack + indexes[1],
        "pack-far.bin": b"\0" + length + pack + far,
        "delta.bin": b"\1" + struct.pack(">H", len(_TEXT)) + _TEXT + made,
        "commit.bin": b"\2" + _COMMIT,
        "tree.bin": b"\2" + _TREE,
        "index-2.bin": b"\3" + staged(2),
        "index-4.bin": b"\3" + staged(4),
        "loose.bin": b"\4" + zlib.compress(b"blob 4\0text"),
        "reftable.bin": b"\5" + _reftable(),
        "refs.bin": b"\6" + refs + b"\xff" + b"12" * 20 + b'\xff"/x"\n../y\n',
        "bundle.bin": b"\7" + head + pack,
        "bare-pack.bin": b"\7" + pack,
    }
