# SPDX-License-Identifier: Apache-2.0
"""NuGet: nuget.org, the PowerShell Gallery (the same software) and private feeds.

Keys of the fourth generation are base32 with a fixed structure. Those of the fifth are common
annotated keys: they end in a checksum and tell owner, creation and expiry. Keys of the first three
are bare GUIDs, known only by their context.
"""

import base64
import binascii
import html
import random
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.checksum import BASE62, base62, his2, with_his2
from stanch.detect.expiry import expiry_facts, moment
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape, names_of
from stanch.detect.sample import ALNUM, text, uuid4
from stanch.model import Fact, Proof
from stanch.registries import Registry

_CALENDAR: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits
_ENVIRONMENTS: Final = {"P": "production", "I": "integration", "D": "development", "L": "local"}
_DOCUMENTED: Final = frozenset({b"33f!!lloppa", b"hal+9ooo_da!sY"})
"""Passwords that the official documentation of nuget.config shows."""

_MACHINE_BOUND: Final = b"AQAAANCMnd8B"
"""How a value begins that Windows encrypted for one user of one machine."""

_ADD: Final = (
    rb"(?i)key\s*=\s*\\*[\"'](?P<key>Username|(?:ClearText)?Password)\\*[\"']\s*"
    rb"value\s*=\s*\\*(?P<quote>[\"'])(?P<value>[^\r\n<>]*?)\\*(?P=quote)"
)
_VARIABLE: Final = (
    rb"(?i)[\w.-]+[^\r\n]{0,12}?Username\s*=\s*(?P<user>[^;\r\n\"']*);\s*"
    rb"Password\s*=\s*(?P<password>[^;\s\"'\\]+)"
)
_APIKEYS: Final = (
    rb"(?i)<add\s+key\s*=\s*[\"'](?P<url>https?://[^\"'\s]{1,400})[\"']\s+"
    rb"value\s*=\s*[\"'](?P<value>[^\"'\r\n<>]{6,200})[\"']"
)
_PUSH: Final = ("--api-key", "-k", "-ApiKey", "-apikey", "-NuGetApiKey")
_SOURCE: Final = ("--password", "-p", "-Password", "-password")


def _check_v4(key: bytes) -> Proof:
    """Prove a key of the fourth generation by its structure.

    Source:
        https://github.com/NuGet/NuGetGallery, ApiKeyV4.cs (read 2026-11-22)
    """
    upper = key.upper()
    try:
        head = base64.b32decode(upper[:20] + b"====")
        base64.b32decode(upper[20:] + b"======")
    except binascii.Error:
        return Proof(valid=False, facts={"note": "not base32"})
    padded = upper[19:20] in b"AQ" and upper[45:46] in b"AEIMQUY4"
    if head[:2] == b"v4" and 0 not in head[2:] and padded:
        return Proof(valid=True, facts={"generation": 4})
    return Proof(valid=False, facts={"note": "structure does not match"})


def _check_v5(key: bytes) -> Proof:
    """Prove a key of the fifth generation by its checksum, and read what it tells.

    Source:
        https://github.com/NuGet/NuGetGallery, ApiKeyV5.cs (read 2026-11-22)
    """
    proof = his2(key)
    return Proof(valid=proof.valid, facts={**proof.facts, **_facts_v5(key.decode())})


def _facts_v5(key: str) -> dict[str, Fact]:
    year, month, day, hour, minute = (_CALENDAR.index(key[at]) for at in (58, 59, 69, 70, 71))
    facts: dict[str, Fact] = {
        "generation": 5,
        "environment": _ENVIRONMENTS.get(key[62], key[62]),
        "owner": str(_number(key[63:69])),
        "lifetime": "short" if key[72] == "S" else "long",
    }
    try:
        created = datetime(2024 + year, month + 1, day + 1, hour, minute, tzinfo=UTC)
        expires = created + timedelta(minutes=5 * _number(key[73:76]))
    except (ValueError, OverflowError):
        return facts
    facts["created"] = moment(created.timestamp())
    return facts | expiry_facts(expires.timestamp())


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * 62 + BASE62.index(digit)
    return number


def _find_config(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `<packageSourceCredentials>`, or one `<add key="ClearTextPassword" …>` on its own."""
    block = data[start:end].lower() == b"packagesourcecredentials"
    if block:
        close = data.find(b"</packageSourceCredentials", end, end + 16384)
        low, high = end, close if close >= 0 else end + 2048
    else:
        low, high = max(0, start - 12), end + 512
    user = ""
    for found in re.compile(_ADD).finditer(data, low, high):
        if found["key"].lower() == b"username":
            user = found["value"].decode("latin-1")
        elif (block or found.start("key") == start) and _is_literal(found["value"]):
            value = html.unescape(found["value"].decode("latin-1")).encode("latin-1", "replace")
            yield Capture(found.span("value"), value, user=user)


def _find_api_keys(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `<apikeys>` of nuget.config, whose values Mono writes as they are."""
    close = data.lower().find(b"</apikeys", end, end + 8192)
    for found in re.compile(_APIKEYS).finditer(data, end, close if close >= 0 else end + 1024):
        if not found["value"].startswith(_MACHINE_BOUND):
            host = re.match(rb"https?://(?:[^/@]*@)?([^/:]+)", found["url"])
            yield Capture(found.span("value"), host=host[1].decode("latin-1") if host else "")


def _is_literal(value: bytes) -> bool:
    return len(value) >= 6 and value not in _DOCUMENTED and not value.startswith(_MACHINE_BOUND)


def _find_variable(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read `NuGetPackageSourceCredentials_<name>="Username=…;Password=…"`."""
    found = re.compile(_VARIABLE).match(data, end, end + 600)
    if found:
        yield Capture(found.span("password"), user=found["user"].decode("latin-1"))


def _find_push(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read the key in a push, `setApiKey` or `Publish-Module` command."""
    yield from command.option_values(data, end, _PUSH)
    name = data[start:end].lower()
    argument = (
        rb"[ \t]+[\"']?" if name.endswith(b"setapikey") else rb"[ \t]+[^\s\"'-][^\s]*[ \t]+[\"']?"
    )
    key = rb"(?P<key>oy2[a-z0-9]{43}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?![\w-])"
    found = re.compile(argument + key).match(data, end, end + 600)
    if found:
        yield Capture(found.span("key"))


def _find_source(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read the password in a command that adds or updates a source."""
    yield from command.option_values(data, end, _SOURCE)


def _sample_v4(rng: random.Random) -> str:
    head = b"v4" + bytes(rng.randrange(1, 256) for _ in range(10))
    parts = base64.b32encode(head).rstrip(b"="), base64.b32encode(rng.randbytes(16)).rstrip(b"=")
    return b"".join(parts).lower().decode()


def _sample_v5(rng: random.Random) -> str:
    owner = base62(rng.randrange(1, 10**6), 6)
    return with_his2(f"{text(rng, ALNUM, 52)}JQQJ99CBN5P{owner}BBBL{base62(105120, 3)}NUGT")


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Nuget(Registry):
    """The .NET package gallery."""

    name: ClassVar = "nuget"
    title: ClassVar = "NuGet"
    hosts: ClassVar = (
        "nuget.org",
        "www.nuget.org",
        "api.nuget.org",
        "int.nugettest.org",
        "www.powershellgallery.com",
        "powershellgallery.com",
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="nuget-api-key",
            kind="API key",
            title="NuGet API key",
            pattern=r"oy2[a-z0-9]{43}|OY2[A-Z0-9]{43}",
            anchors=("oy2", "OY2"),
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/",
            check=_check_v4,
            entropy=3.5,
            sample=_sample_v4,
            flagged=(
                "dotnet nuget push a.nupkg --api-key {token} -s https://api.nuget.org/v3/",
                "NUGET_API_KEY: {token}",
                "Publish-Module -Name A -NuGetApiKey {token}",
            ),
            safe=("dotnet nuget push a.nupkg --api-key ${{ secrets.NUGET_API_KEY }}",),
        ),
        Shape(
            id="nuget-api-key-v5",
            kind="API key with owner and expiry",
            title="NuGet API key of the fifth generation",
            pattern=(
                r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9][A-L]N5[A-Za-z0-9]{10}[SL][A-Za-z0-9]{3}"
                r"NUGT[A-Za-z0-9]{4}"
            ),
            anchors=("JQQJ99",),
            offset=52,
            left="A-Za-z0-9_+/",
            right="A-Za-z0-9_+/",
            check=_check_v5,
            entropy=4.0,
            sample=_sample_v5,
            flagged=("NUGET_API_KEY={token}", "nuget push a.nupkg {token} -Source nuget.org"),
            safe=("nuget push a.nupkg %NUGET_API_KEY% -Source nuget.org",),
        ),
        Key(
            id="nuget-key-variable",
            kind="API key or feed password in a variable or setting",
            title="NuGet key or feed password in a variable or setting",
            names=(
                *names_of("nuget"),
                "nuget_apikey",
                "nuget_push_key",
                "nuget_push_token",
                "psgallery_api_key",
                "psgallery_apikey",
                "psgallery_key",
                "psgallery_token",
                "powershell_gallery_api_key",
                "powershell_gallery_key",
            ),
            encoded=False,
            sample=uuid4,
            flagged=(
                "NUGET_API_KEY={token}",
                '$nugetApiKey = "{token}"',
                "Publish-Module -Path ./M -NuGetApiKey {token}",
                "<NuGetApiKey>{token}</NuGetApiKey>",
            ),
            safe=(
                "NUGET_API_KEY: $(NuGetKey)",
                "Publish-Module -NuGetApiKey $env:PSGALLERY_KEY",
                '<PackageReference Include="NuGet.Key.Vault" Version="6.12.1" />',
            ),
        ),
        Grammar(
            id="nuget-config-password",
            kind="password in nuget.config",
            title="nuget.config holds a literal feed password",
            anchors=("cleartextpassword", "packagesourcecredentials"),
            caseless=True,
            find=_find_config,
            sample=_sample_password,
            flagged=(
                (
                    "<packageSourceCredentials>\n  <corp>\n"
                    '    <add key="Username" value="ci" />\n'
                    '    <add key="ClearTextPassword" value="{token}" />\n'
                    "  </corp>\n</packageSourceCredentials>"
                ),
                '<add key="ClearTextPassword" value="{token}" />',
                (
                    '<packageSourceCredentials><corp><add key="Password" value="{token}" />'
                    "</corp></packageSourceCredentials>"
                ),
            ),
            safe=(
                '<add key="ClearTextPassword" value="%NUGET_PAT%" />',
                (
                    '<packageSourceCredentials><corp><add key="Password" '
                    'value="AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA" /></corp></packageSourceCredentials>'
                ),
                '<appSettings><add key="Password" ' + 'value="Qx7hG2kLm9pRt4Vw" /></appSettings>',
            ),
        ),
        Grammar(
            id="nuget-config-key",
            kind="API key in nuget.config",
            title="nuget.config holds a literal API key",
            anchors=("<apikeys>",),
            caseless=True,
            find=_find_api_keys,
            sample=uuid4,
            flagged=(
                '<apikeys><add key="https://n.corp.example/nuget" value="{token}" /></apikeys>',
            ),
            safe=('<apikeys><add key="https://n.corp.example/nuget" value="%KEY%" /></apikeys>',),
        ),
        Grammar(
            id="nuget-credentials-variable",
            kind="feed password in a variable",
            title="NuGet feed password in a variable",
            anchors=("nugetpackagesourcecredentials_",),
            caseless=True,
            find=_find_variable,
            encoded=False,
            sample=_sample_password,
            flagged=(
                'NuGetPackageSourceCredentials_corp="Username=ci;Password={token}"',
                "NuGetPackageSourceCredentials_corp: Username=ci;Password={token}",
            ),
            safe=(
                (
                    "NuGetPackageSourceCredentials_corp: "
                    "Username=ci;Password=${{ secrets.NUGET_PASSWORD }}"
                ),
            ),
        ),
        Grammar(
            id="nuget-command-key",
            kind="API key on a command line",
            title="A NuGet command is given a literal API key",
            anchors=(
                *("nuget push", "nuget setapikey", "nuget.exe push", "nuget.exe setapikey"),
                *("publish-psresource", "publish-module", "publish-script"),
            ),
            caseless=True,
            find=_find_push,
            encoded=False,
            sample=uuid4,
            flagged=(
                "dotnet nuget push bin/a.nupkg -k {token} -s https://nuget.corp.example/v3/",
                "nuget push a.nupkg {token} -Source corp",
                "nuget setApiKey {token} -Source corp",
            ),
            safe=(
                "dotnet nuget push bin/a.nupkg -k $NUGET_KEY",
                "nuget push a.nupkg -Source 5f1c2a34-0000-4000-8000-0123456789ab",
            ),
        ),
        Grammar(
            id="nuget-command-password",
            kind="feed password on a command line",
            title="A NuGet command is given a literal feed password",
            anchors=(
                "nuget add source",
                "nuget update source",
                "nuget sources",
                "nuget.exe sources",
            ),
            caseless=True,
            find=_find_source,
            encoded=False,
            sample=_sample_password,
            flagged=(
                (
                    "dotnet nuget add source https://n.corp.example/v3/index.json -n corp -u ci "
                    "-p {token} --store-password-in-clear-text"
                ),
                "nuget sources add -Name corp -UserName ci -Password {token}",
            ),
            safe=("dotnet nuget add source https://n.corp.example/ -n corp -p $NUGET_PASSWORD",),
        ),
    )
    lookalikes: ClassVar = (
        "oy2abcdefghij nuget",
        "oy2iuvoucviouojnrbzaqxjewdop3yseppnqlewvavhupmaaaa nuget",
        "toy2iuvoucviouojnrbzaqxjewdop3yseppnqlewvavhupm nuget",
        "Oy2iUvoUcviouojnrbzaqxjewdop3yseppnqlewvavhupm nuget",
        "<ProjectGuid>{5F1C2A34-0000-4000-8000-0123456789AB}</ProjectGuid>",
    )
    remediation: ClassVar = (
        "Revoke the key: API Keys on the gallery's web site, Delete (Regenerate keeps its name).",
        (
            "Audit the version history of every package under the key's glob pattern since it "
            "leaked; unlist what you did not build and report it."
        ),
        "Remove it from every place listed, history included; in nuget.config write %NAME%.",
        "Prevent: publish by trusted publishing; scope keys to packages, push only, short expiry.",
    )
    docs: ClassVar = (
        "https://learn.microsoft.com/nuget/nuget-org/publish-a-package (read 2026-11-22)",
        "https://learn.microsoft.com/nuget/reference/nuget-config-file (read 2026-11-22)",
        "https://learn.microsoft.com/nuget/nuget-org/trusted-publishing (read 2026-11-22)",
    )


REGISTRY: Final = Nuget()
