# SPDX-License-Identifier: Apache-2.0
"""Azure Container Registry: keys of the admin user and of scoped tokens, with a Marvin checksum."""

import base64
import binascii
import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.checksum import his2, marvin32, with_his2
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text
from stanch.model import Proof
from stanch.registries import Registry

_SEED: Final = int.from_bytes(b"ACRDflt0", "big")
_SIGNATURE: Final = b"\xf8\x02\x11"
"""What `+ACR` decodes to."""


_LABEL: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _check(key: bytes) -> Proof:
    """Prove a key by the checksum in its last four bytes.

    Source:
        https://github.com/microsoft/security-utilities, IdentifiableSecrets.cs (read 2026-11-22)
    """
    try:
        raw = base64.b64decode(key, validate=True)
    except binascii.Error:
        return Proof(valid=False, facts={"note": "not base64"})
    if marvin32(raw[:-4], _SEED) == raw[-4:]:
        return Proof(valid=True)
    return Proof(valid=False, facts={"note": "checksum does not match"})


def _sample(rng: random.Random) -> str:
    # NOTE: the signature starts mid-byte; four bits of the byte after it belong to no one.
    text_part = text(rng, ALNUM, 42) + "+ACR" + "AA"
    body = base64.b64decode(text_part)[:35]
    return base64.b64encode(body + marvin32(body, _SEED)).decode()


_PASSWORD: Final = Pattern(rb"(?i)[^{}<>]{0,100}?\bpassw(?:or)?d2?(?=[\s\"'=:])")
_KEY: Final = Pattern(rb"[A-Za-z0-9+/=]{32}|[A-Za-z0-9+/=]{52}|[A-Za-z0-9]{84}")


def _find_login(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read a password of the form that the registry issues, right behind its host."""
    name = _PASSWORD.match(data, end, end + 120)
    capture = command.capture_after(data, name.end()) if name else None
    if capture and _KEY.fullmatch(data[slice(*capture.span)]):
        before = data[max(0, start - 64) : start]
        host = before[len(before.rstrip(_LABEL)) :] + data[start:end]
        yield Capture(capture.span, host=host.decode("latin-1"))


def _sample_annotated(rng: random.Random) -> str:
    return with_his2(f"{text(rng, ALNUM, 52)}JQQJ99CBACAAAAA{text(rng, ALNUM, 6)}AAAAZCR")


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 32)


class AzureContainerRegistry(Registry):
    """Azure's OCI registry."""

    name: ClassVar = "azure-container-registry"
    title: ClassVar = "Azure Container Registry"
    hosts: ClassVar = (".azurecr.io", ".azurecr.cn", ".azurecr.us")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="azure-container-registry-key",
            kind="registry key",
            title="Azure Container Registry key",
            pattern=r"[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}",
            anchors=("+ACR",),
            offset=42,
            left="A-Za-z0-9+/_-",
            right="A-Za-z0-9+/=_-",
            check=_check,
            needs=r"azurecr\.|\bacr|docker|registry",
            sample=_sample,
            flagged=(
                "docker login corp.azurecr.io -u corp -p {token}",
                'ACR_PASSWORD="{token}"',
            ),
            safe=("docker login corp.azurecr.io -u corp -p $ACR_PASSWORD",),
        ),
        Shape(
            id="azure-container-registry-annotated-key",
            kind="registry key with annotations",
            title="Azure Container Registry key of today's form",
            pattern=r"[A-Za-z0-9]{52}JQQJ9[9H][A-Za-z0-9]{18}AZCR[A-Za-z0-9]{4}",
            anchors=("AZCR",),
            offset=76,
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/",
            check=his2,
            entropy=4.0,
            sample=_sample_annotated,
            flagged=('ACR_PASSWORD="{token}"', "docker login corp.azurecr.io -u corp -p {token}"),
            safe=("ACR_PASSWORD=$(az acr credential show --query password)",),
        ),
        Grammar(
            id="azure-container-registry-login",
            kind="registry password beside its host",
            title="Azure Container Registry password beside the registry's host",
            anchors=(".azurecr.io", ".azurecr.cn", ".azurecr.us"),
            find=_find_login,
            reach=(64, 256),
            encoded=False,
            sample=_sample_password,
            flagged=(
                "corp.azurecr.io password: {token}",
                'server = "corp.azurecr.io"\npassword = "{token}"',
            ),
            safe=("corp.azurecr.io password: ${ACR_PASSWORD}", "az acr login -n corp.azurecr.io"),
        ),
        Key(
            id="azure-container-registry-password",
            kind="registry password in a variable",
            title="Azure Container Registry password in a variable",
            names=(
                "acr_password",
                "acr_registry_password",
                "acr_admin_password",
                "azure_container_registry_password",
            ),
            encoded=False,
            sample=_sample_password,
            flagged=("ACR_PASSWORD={token}",),
            safe=("ACR_PASSWORD: ${{ secrets.ACR_PASSWORD }}",),
        ),
    )
    lookalikes: ClassVar = (
        "abc+ACRAbcdef acr",
        "Kd8" * 20 + "+ACRAbcdef acr",
        "integrity sha512-" + "Kd8xQ7" * 7 + "+ACRBcd12fKd8xQ7Kd8xQ7Kd8xQ7Kd8xQ7== acr",
        "Kd8xQ7" * 7 + "+acrBcd12f acr",
    )
    remediation: ClassVar = (
        (
            "Revoke: `az acr credential renew` for both admin passwords, or regenerate the scoped "
            "token's password."
        ),
        (
            "Audit pushed and deleted tags since it leaked: `az acr manifest list-metadata` "
            "and the registry's login events."
        ),
        "Remove it from every place listed, history included.",
        "Prevent: disable the admin user; let workloads pull and push with a managed identity.",
    )
    docs: ClassVar = (
        (
            "https://learn.microsoft.com/azure/container-registry/"
            "container-registry-authentication (read 2026-11-22)"
        ),
    )


REGISTRY: Final = AzureContainerRegistry()
