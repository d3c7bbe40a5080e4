# SPDX-License-Identifier: Apache-2.0
"""Azure DevOps: Azure Artifacts feeds, and the token that publishes to the VS Code Marketplace.

A personal access token of today is a common annotated key with a checksum. One of before 2024 is
52 base32 characters with a checksum woven in; nothing in it is fixed, so the names it is assigned
to lead to it.
"""

import base64
import binascii
import random
import re
import string
import zlib
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.checksum import his2, with_his2
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, text
from stanch.model import Fact, Proof
from stanch.registries import Registry

_CALENDAR: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits
_ISSUERS: Final = {0xE0B9692D: "user", 0x1019F92E: "application"}
_LEGACY: Final = rb"[a-z0-9]{52}"
_ENDPOINT: Final = (
    rb"\\*\"(?P<key>endpoint|username|password)\\*\"\s*:\s*\\*\"(?P<value>[^\"\\\r\n]*)\\*\""
)


def _check(token: bytes) -> Proof:
    """Prove a token of today by its checksum."""
    proof = his2(token)
    facts: dict[str, Fact] = dict(proof.facts)
    if proof.valid:
        year, month = (_CALENDAR.index(chr(token[at])) for at in (58, 59))
        facts["created"] = f"{2024 + year}-{month + 1:02}"
    return Proof(valid=proof.valid, facts=facts)


def check_legacy(token: bytes) -> Proof:
    """Prove a token of 52 characters by the checksum that is woven into its 32 bytes.

    Source:
        https://github.com/microsoft/security-utilities, AdoLegacyPat (read 2026-11-22)
    """
    if len(token) == 84:
        return _check(token)
    try:
        raw = base64.b32decode(token.upper() + b"====")
    except binascii.Error:
        return Proof(valid=False, facts={"note": "not base32"})
    body = raw[0:2] + raw[3:7] + raw[9:22] + raw[23:32]
    stored = int.from_bytes(bytes((raw[22], raw[8], raw[7], raw[2])), "little")
    issuer = _ISSUERS.get(stored ^ zlib.crc32(body))
    if issuer is None:
        return Proof(valid=False, facts={"note": "checksum does not match"})
    return Proof(valid=True, facts={"issued_to": issuer})


def _find_endpoints(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the JSON that the feed credential provider takes."""
    host = user = ""
    for found in re.compile(_ENDPOINT).finditer(data, end, end + 4096):
        if found["key"] == b"endpoint":
            url = re.match(rb"https?://(?:[^/@]*@)?([^/\s]+)", found["value"])
            host, user = (url[1].decode("latin-1") if url else ""), ""
        elif found["key"] == b"username":
            user = found["value"].decode("latin-1")
        else:
            yield Capture(found.span("value"), host=host, user=user)


def _find_publish(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the token given to the Marketplace's publishing program or to `az devops login`."""
    for capture in command.option_values(data, end, ("-p", "--pat", "--token")):
        if re.fullmatch(_LEGACY, data[slice(*capture.span)]):
            yield capture


def _sample(rng: random.Random) -> str:
    return with_his2(f"{text(rng, ALNUM, 52)}JQQJ99CBACAAAAA{text(rng, ALNUM, 6)}AASAZDO")


def _sample_legacy(rng: random.Random) -> str:
    raw = bytearray(rng.randbytes(32))
    body = bytes(raw[0:2] + raw[3:7] + raw[9:22] + raw[23:32])
    raw[22], raw[8], raw[7], raw[2] = (zlib.crc32(body) ^ 0xE0B9692D).to_bytes(4, "little")
    return base64.b32encode(bytes(raw)).decode().rstrip("=").lower()


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 24)


class AzureDevOps(Registry):
    """Azure Artifacts and the Visual Studio Marketplace."""

    name: ClassVar = "azure-devops"
    title: ClassVar = "Azure DevOps"
    hosts: ClassVar = (
        "dev.azure.com",
        "pkgs.dev.azure.com",
        ".pkgs.dev.azure.com",
        ".visualstudio.com",
        "marketplace.visualstudio.com",
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="azure-devops-access-token",
            kind="personal access token",
            title="Azure DevOps personal access token",
            pattern=r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
            anchors=("AZDO",),
            offset=76,
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/",
            check=_check,
            entropy=4.0,
            sample=_sample,
            flagged=(
                "AZURE_DEVOPS_EXT_PAT={token}",
                "git clone https://ci:{token}@dev.azure.com/org/project/_git/repo",
                'azure_devops_pat = "{token}"',
            ),
            safe=("AZURE_DEVOPS_EXT_PAT: $(System.AccessToken)",),
        ),
        Key(
            id="azure-devops-legacy-token",
            kind="personal access token from before 2024",
            title="Azure DevOps personal access token without a prefix",
            names=(
                "personal_access_token",
                "ado_pat",
                "ado_token",
                "azdo_pat",
                "azdo_token",
                "azure_devops_pat",
                "azure_devops_token",
                "azure_devops_ext_pat",
                "azuredevops_pat",
                "azuredevops_token",
                "devops_pat",
                "devops_token",
                "vsts_pat",
                "vsts_token",
                "vsts_access_token",
                "vsce_pat",
                "vsce_token",
                "tfs_pat",
                "pat_token",
                "azp_token",
                *names_of("azure"),
                "system_access_token",
                "system_accesstoken",
                "vss_nuget_accesstoken",
            ),
            value=r"[a-z0-9]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
            check=check_legacy,
            encoded=False,
            sample=_sample_legacy,
            flagged=(
                'var personalAccessToken = "{token}";',
                "export AZURE_DEVOPS_EXT_PAT={token}",
                "VSCE_PAT: {token}",
                "ado_pat =  '{token}'",
            ),
            safe=(
                "SYSTEM_ACCESSTOKEN: $(System.AccessToken)",
                "personalAccessToken = getPersonalAccessTokenFromTheKeyVaultOfTheTeam()",
            ),
        ),
        Grammar(
            id="azure-devops-feed-endpoint",
            kind="feed password in a variable",
            title="Feed endpoints for the Azure Artifacts credential provider hold a password",
            anchors=("endpointCredentials",),
            find=_find_endpoints,
            encoded=False,
            sample=_sample_password,
            flagged=(
                (
                    'VSS_NUGET_EXTERNAL_FEED_ENDPOINTS={"endpointCredentials": [{"endpoint":'
                    '"https://pkgs.dev.azure.com/org/_packaging/feed/nuget/v3/index.json",'
                    '"username":"ci","password":"{token}"}]}'
                ),
                (
                    'ENV X="{\\"endpointCredentials\\": [{\\"endpoint\\":\\"https://f.example/\\", '
                    '\\"username\\":\\"ci\\", \\"password\\":\\"{token}\\"}]}"'
                ),
            ),
            safe=(
                (
                    '{"endpointCredentials": [{"endpoint":"https://f.example/", '
                    '"username":"ci", "password":"${FEED_TOKEN}"}]}'
                ),
            ),
        ),
        Grammar(
            id="azure-devops-command-token",
            kind="personal access token on a command line",
            title="A publishing command is given a literal Azure DevOps token",
            anchors=("vsce publish", "vsce login", "vsce verify-pat", "tfx extension publish"),
            find=_find_publish,
            check=check_legacy,
            encoded=False,
            sample=_sample_legacy,
            flagged=("npx vsce publish -p {token}",),
            safe=("vsce publish -p $VSCE_PAT",),
        ),
    )
    lookalikes: ClassVar = (
        "JQQJ99BFACAAAAALGcqjAAASAZDO3eqU",
        "Kd8" * 26 + "AZDOKd8Kd8Kd8",
        "integrity sha512-" + "Kd8x" * 19 + "AZDO" + "x7Kd==",
        "3fq" + "b5dk" * 12 + "m",
        'personalAccessToken = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    )
    remediation: ClassVar = (
        (
            "Revoke the token: User settings, Personal access tokens, Revoke; an administrator can "
            "revoke it through the token administration API."
        ),
        (
            "Audit feed publishes, Marketplace versions and the organisation's audit log since it "
            "leaked."
        ),
        "Remove it from every place listed, history included.",
        (
            "Prevent: use service connections and workload identity; scope tokens to Packaging and "
            "one organisation, with a short life."
        ),
    )
    docs: ClassVar = (
        (
            "https://learn.microsoft.com/azure/devops/organizations/accounts/"
            "use-personal-access-tokens-to-authenticate (read 2026-11-22)"
        ),
        (
            "https://code.visualstudio.com/api/working-with-extensions/publishing-extension "
            "(read 2026-11-22)"
        ),
    )


REGISTRY: Final = AzureDevOps()
