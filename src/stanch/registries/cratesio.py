# SPDX-License-Identifier: Apache-2.0
"""crates.io, and alternative registries that Cargo is given tokens for.

API tokens are `cio` and 32 characters: no checksum and a short prefix, so their surroundings must
say what they are. Tokens of trusted publishing, `cio_tp_`, end in a check character and live for
30 minutes.
"""

import base64
import binascii
import random
import re
import string
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command, section
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.model import Fact, Proof
from stanch.registries import Registry

_CHECK_ALPHABET: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits
_P384_ORDER: Final = int(
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
    16,
)
_ALONE: Final = (
    r"(?-i:(?<![\w+/.-])(?<!==)(?=\w*\d\w*\d)(?=\w*[A-Z]\w*[A-Z])"
    r"(?=cio\w*[a-z])cio\w{32}(?![\w+/=-]))"
)


def _check_character(body: bytes) -> str:
    total = 0
    for byte in body:
        total ^= byte
    return _CHECK_ALPHABET[total % 62]


def _check_trusted(token: bytes) -> Proof:
    """Prove a trusted publishing token by its last character.

    Source:
        https://github.com/rust-lang/crates.io/tree/main/crates/crates_io_trustpub
        (read 2026-11-22)
    """
    valid = _check_character(token[7:-1]) == chr(token[-1])
    facts: dict[str, Fact] = {"scope": "trusted publishing", "lifetime_s": 1800}
    if not valid:
        facts["note"] = "check character does not match"
    return Proof(valid=valid, facts=facts)


def _check_key(token: bytes) -> Proof:
    """Prove an asymmetric key: a scalar of the curve P-384 in the PASERK form `k3.secret`."""
    try:
        scalar = int.from_bytes(base64.urlsafe_b64decode(token[10:]), "big")
    except binascii.Error:
        return Proof(valid=False, facts={"note": "not base64"})
    if 0 < scalar < _P384_ORDER:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "not a key of the curve P-384"})


def _find_credentials(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read `token` and `secret-key` in `credentials.toml` and `config.toml`."""
    for part in section.sections(data, start, ("token", "secret-key", "index")):
        if not re.match(r"registr(?:y$|ies\.)", part.name):
            return
        for key in ("token", "secret-key"):
            if key in part.values:
                begin, end = part.values[key]
                scheme = re.match(rb"(?i)(?:Bearer|Basic|token) +", data[begin:end])
                facts = {"name": part.name.partition(".")[2]} if "." in part.name else {}
                host = "crates.io" if part.name in {"registry", "registries.crates-io"} else ""
                yield Capture(
                    (begin + (scheme.end() if scheme else 0), end), None, host, facts=facts
                )


def _find_login(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the token given to `cargo login`, `publish`, `yank` or `owner`."""
    yield from command.option_values(data, end, ("--token",))
    if data[start:end] != b"cargo login":
        return
    pattern = rb"(?:[ \t]+--registry(?:=|[ \t]+)[\w-]+|[ \t]+--)*[ \t]+(?=[\"']?[\w-]*\d)"
    found = re.compile(pattern).match(data, end, end + 200)
    capture = command.capture_after(data, found.end() - 1) if found else None
    if capture and capture.span[1] - capture.span[0] >= 16:
        yield capture


def _sample(rng: random.Random) -> str:
    return "cio" + text(rng, ALNUM, 30) + "a7"


def _sample_trusted(rng: random.Random) -> str:
    body = text(rng, ALNUM, 31)
    return f"cio_tp_{body}{_check_character(body.encode())}"


def _sample_key(rng: random.Random) -> str:
    scalar = rng.randrange(1, _P384_ORDER).to_bytes(48, "big")
    return "k3.secret." + base64.urlsafe_b64encode(scalar).decode()


def _sample_private(rng: random.Random) -> str:
    return text(rng, ALNUM, 39) + "7"


class Cratesio(Registry):
    """The Rust community's crate registry."""

    name: ClassVar = "cratesio"
    title: ClassVar = "crates.io"
    hosts: ClassVar = ("crates.io", "static.crates.io", "index.crates.io", "staging.crates.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="cratesio-api-token",
            kind="API token",
            title="crates.io API token",
            pattern=r"cio[A-Za-z0-9]{32}",
            anchors=("cio",),
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/=",
            needs=r"cargo|crates|credentials\.toml|authorization|bearer|" + _ALONE,
            entropy=3.5,
            sample=_sample,
            flagged=(
                "cargo login {token}",
                'CARGO_REGISTRY_TOKEN="{token}"',
                "Authorization: {token}",
            ),
            safe=("CARGO_REGISTRY_TOKEN: ${{ secrets.CRATES_IO_TOKEN }}",),
        ),
        Shape(
            id="cratesio-trusted-publishing-token",
            kind="trusted publishing token",
            title="crates.io token of trusted publishing",
            pattern=r"cio_tp_[A-Za-z0-9]{32}",
            anchors=("cio_tp_",),
            check=_check_trusted,
            sample=_sample_trusted,
            flagged=("+ CARGO_REGISTRY_TOKEN={token}", '{"token":"{token}"}'),
            safe=("CARGO_REGISTRY_TOKEN: ${{ steps.auth.outputs.token }}",),
        ),
        Shape(
            id="cratesio-secret-key",
            kind="asymmetric secret key",
            title="Cargo registry secret key",
            pattern=r"k3\.secret\.[A-Za-z0-9_-]{64}",
            anchors=("k3.secret.",),
            right="A-Za-z0-9_-",
            check=_check_key,
            sample=_sample_key,
            flagged=('[registries.corp]\nsecret-key = "{token}"',),
            safe=("cargo login --registry corp  # prints k3.public. and the key",),
        ),
        Grammar(
            id="cratesio-credentials-token",
            kind="registry token in Cargo's configuration",
            title="Cargo configuration holds a literal registry token",
            anchors=("[registry]", "[registries."),
            find=_find_credentials,
            sample=_sample_private,
            flagged=(
                '[registry]\ntoken = "{token}"',
                '[registries.corp]\nindex = "sparse+https://c.corp.example/"\ntoken = "{token}"',
                "[registries.corp]\ntoken = 'Bearer {token}'",
            ),
            safe=(
                '[registries.corp]\nindex = "sparse+https://c.corp.example/"',
                '[registry]\ntoken = "${CARGO_TOKEN}"',
            ),
        ),
        Grammar(
            id="cratesio-command-token",
            kind="registry token on a command line",
            title="cargo is given a literal registry token",
            anchors=("cargo login", "cargo publish", "cargo yank", "cargo owner"),
            find=_find_login,
            encoded=False,
            sample=_sample_private,
            flagged=(
                "cargo login --registry corp {token}",
                "cargo publish --registry corp --token {token}",
            ),
            safe=(
                "cargo publish --token ${CRATES_TOKEN}",
                "cargo login # then paste the token",
                "run cargo login once, and then cargo publish",
            ),
        ),
        Key(
            id="cratesio-token-variable",
            kind="registry token in a variable",
            title="Cargo registry token in a variable",
            names=(
                "cargo_registry_token",
                "cargo_token",
                "cargo_api_key",
                "cargo_api_token",
                "crates_io_token",
                "crates_io_api_token",
                "crates_io_api_key",
                "crates_io_key",
                "crates_token",
                "crates_api_token",
            ),
            encoded=False,
            sample=_sample_private,
            flagged=("CARGO_REGISTRY_TOKEN={token}", 'crates_io_token: "{token}"'),
            safe=("CARGO_REGISTRY_TOKEN: ${{ secrets.CRATES_IO_TOKEN }}",),
        ),
        Key(
            id="cratesio-registries-variable",
            kind="registry token in a variable",
            title="Token of a private Cargo registry in a variable",
            names=("cargo_registries",),
            tail=r"_\w+_(?:token|secret_key)",
            encoded=False,
            sample=_sample_private,
            flagged=("export CARGO_REGISTRIES_CORP_TOKEN={token}",),
            safe=("CARGO_REGISTRIES_CORP_INDEX=sparse+https://crates.corp.example/index/7/",),
        ),
    )
    lookalikes: ClassVar = (
        "cio_tp_00000000000000000000000000",
        "ciotgp8BGZBlX192iExSQPm0SrUlBunG8zdcargo0123456789abcdef cargo",
        "preciotgp8BGZBlX192iExSQPm0SrUlBunG8zd cargo",
        "CIOTGP8BGZBLX192IEXSQPM0SRULBUNG8ZD cargo",
        "el ejercicio de los servicios en el espacio",
    )
    remediation: ClassVar = (
        (
            "Revoke the token: Account Settings, API Tokens, Revoke; a token of trusted publishing "
            "dies by itself after 30 minutes."
        ),
        (
            "Audit the versions of every crate you own since it leaked; `cargo yank` what you "
            "did not build."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: publish by trusted publishing; give tokens crate and endpoint scopes and an end.",
    )
    docs: ClassVar = (
        "https://doc.rust-lang.org/cargo/reference/registry-authentication.html (read 2026-11-22)",
        "https://crates.io/docs/trusted-publishing (read 2026-11-22)",
    )


REGISTRY: Final = Cratesio()
