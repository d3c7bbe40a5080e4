# SPDX-License-Identifier: Apache-2.0
"""Google Artifact Registry and Container Registry.

Clients log in with fixed user names: `oauth2accesstoken` and an access token of an hour, or
`_json_key` and a service account's whole key, in base64 or plain.
"""

import random
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import assign, value
from stanch.detect.pattern import Pattern
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import BASE64URL, text
from stanch.registries import Registry

_CONTEXT: Final = r"pkg\.dev|gcr\.io|oauth2accesstoken|artifact[-_. ]?registry"
_INLINE: Final = Pattern(rb""":([^\s@:"'<>${]{20,16384})@""")
_PASSWORD: Final = Pattern(rb"(?i)[\s\S]{0,120}?(?:password|passwd|(?<=\s)-p(?=\s))")


def _find_user(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the password beside one of the fixed user names."""
    suffix = b"_base64"
    at = end + len(suffix) if data[end : end + len(suffix)] == suffix else end
    user = data[_start:at].decode("latin-1")
    inline = _INLINE.match(data, at, at + 16500)
    if inline:
        yield Capture(span=inline.span(1), user=user)
        return
    name = _PASSWORD.match(data, at, at + 160)
    assigned = assign.value_after(data, name.end()) if name else None
    if assigned is None:
        return
    raw = data[assigned.start : assigned.end]
    if len(raw) >= 20 and value.sort(raw, quoted=True) is value.Sort.SECRET:
        yield Capture(span=(assigned.start, assigned.end), user=user)


def _sample_access(rng: random.Random) -> str:
    return "ya29." + text(rng, BASE64URL, 160)


class GoogleArtifactRegistry(Registry):
    """Google Artifact Registry."""

    name: ClassVar = "google-artifact-registry"
    title: ClassVar = "Google Artifact Registry"
    hosts: ClassVar = (".pkg.dev", "gcr.io", ".gcr.io")
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="google-artifact-registry-access-token",
            kind="access token of an hour",
            title="Google access token beside a registry's address",
            pattern=r"ya29\.[A-Za-z0-9_-]{20,2048}",
            anchors=("ya29.",),
            right="A-Za-z0-9_-",
            needs=_CONTEXT,
            reach=400,
            entropy=3.5,
            sample=_sample_access,
            flagged=(
                "docker login -u oauth2accesstoken -p {token} https://eu.gcr.io",
                "//europe-npm.pkg.dev/acme/lib/:_authToken={token}",
            ),
            safe=("docker login -u oauth2accesstoken --password-stdin https://eu.gcr.io",),
        ),
        Grammar(
            id="google-artifact-registry-key",
            kind="service account key or token",
            title="Password beside one of Google's fixed registry users",
            anchors=("_json_key", "oauth2accesstoken"),
            find=_find_user,
            sample=lambda rng: text(rng, BASE64URL.strip("-_"), 64),
            flagged=(
                "https://_json_key_base64:{token}@europe-python.pkg.dev/acme/lib/simple/",
                'username = "_json_key_base64"\npassword = "{token}"\n',
            ),
            safe=(
                "docker login -u _json_key -p $KEY eu.gcr.io",
                'username = "_json_key_base64"\npassword = "$artifactRegistryMavenSecret"\n',
            ),
        ),
        Key(
            id="google-artifact-registry-variable",
            kind="token or key in a variable",
            title="Google registry token or key in a variable",
            names=(
                *("ARTIFACT_REGISTRY_TOKEN", "ARTIFACT_REGISTRY_PASSWORD"),
                *("ARTIFACT_REGISTRY_KEY", "GCR_JSON_KEY", "GCR_PASSWORD", "GCR_TOKEN"),
            ),
            value=r"(?=[^0-9]{0,200}[0-9])[A-Za-z0-9_.+/=-]{20,}",
            sample=lambda rng: text(rng, BASE64URL.strip("-_"), 64),
            flagged=("ARTIFACT_REGISTRY_TOKEN={token}",),
            safe=("ARTIFACT_REGISTRY_TOKEN=$(gcloud auth print-access-token)",),
        ),
    )
    lookalikes: ClassVar = (
        "ya29.short gcr.io",
        "ya29." + "x7Kd93Qm2P" * 3 + " without any registry beside it",
        "maya29." + "x7Kd93Qm2P" * 3 + " gcr.io",
        "YA29." + "x7Kd93Qm2P" * 3 + " gcr.io",
    )
    remediation: ClassVar = (
        (
            "Revoke: delete the service account's key; an access token ends within an hour, and "
            "earlier through https://oauth2.googleapis.com/revoke."
        ),
        (
            "Audit: read Cloud Audit Logs for artifactregistry writes by that principal, and for "
            "anything else that it may do."
        ),
        (
            "Remove: take it out of docker configuration, .npmrc, pip.conf and build files, and "
            "out of history."
        ),
        (
            "Prevent: use a credential helper, workload identity federation, and an organization "
            "policy that forbids service account keys."
        ),
    )
    docs: ClassVar = (
        (
            "https://docs.cloud.google.com/artifact-registry/docs/docker/authentication "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = GoogleArtifactRegistry()
