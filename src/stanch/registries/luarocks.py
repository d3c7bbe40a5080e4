# SPDX-License-Identifier: Apache-2.0
"""LuaRocks: API keys, 40 letters and digits without a prefix.

They stand in `upload_config.lua`, behind `--api-key`, in variables and in the path of the API.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Final

from stanch.detect import command
from stanch.detect.rule import Capture, Grammar, Key, Rule, names_of
from stanch.detect.sample import ALNUM, text
from stanch.registries import Registry

_KEY: Final = rb"""(?m)^[ \t]*(?:return\s*\{\s*)?key\s*=\s*["'](?P<value>[A-Za-z0-9]{32,64})["']"""
_PATH: Final = rb"/api/[0-9]{1,2}/(?P<value>[A-Za-z0-9]{32,64})(?![A-Za-z0-9])"


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _find_near_host(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `key = "…"` beside the server's name, or the key in an API path."""
    path = _compiled(_PATH).match(data, end)
    if path:
        yield Capture(span=path.span("value"))
    for key in _compiled(_KEY).finditer(data, max(0, start - 300), min(len(data), end + 300)):
        yield Capture(span=key.span("value"))


def _find_option(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    yield from command.option_values(data, end, ("--api-key", "--temp-key"))


def _sample(rng: random.Random) -> str:
    return text(rng, ALNUM, 40)


class LuaRocks(Registry):
    """LuaRocks."""

    name: ClassVar = "luarocks"
    title: ClassVar = "LuaRocks"
    hosts: ClassVar = ("luarocks.org",)
    rules: ClassVar[tuple[Rule, ...]] = (
        Key(
            id="luarocks-api-key",
            kind="API key",
            title="LuaRocks API key",
            names=(*names_of("luarocks"),),
            sample=_sample,
            flagged=("LUAROCKS_API_KEY: {token}",),
            safe=("LUAROCKS_API_KEY: ${{ secrets.LUAROCKS_API_KEY }}",),
        ),
        Grammar(
            id="luarocks-command-key",
            kind="API key on a command line",
            title="LuaRocks API key on a command line",
            anchors=("luarocks upload",),
            find=_find_option,
            reach=(256, 2048),
            sample=_sample,
            flagged=("luarocks upload acme-1.0-1.rockspec --api-key={token}",),
            safe=("luarocks upload acme-1.0-1.rockspec --api-key=$LUAROCKS_API_KEY",),
        ),
        Grammar(
            id="luarocks-config-key",
            kind="API key in upload_config.lua",
            title="LuaRocks upload configuration holds a literal API key",
            anchors=("luarocks.org",),
            find=_find_near_host,
            reach=(400, 400),
            sample=_sample,
            flagged=(
                'key = "{token}"\nserver = "https://luarocks.org"\nversion = "1.1"\n',
                "curl https://luarocks.org/api/1/{token}/status",
            ),
            safe=('server = "https://luarocks.org"\nkey = "acme"\n',),
        ),
    )
    lookalikes: ClassVar = (
        "https://luarocks.org/api/1/abc/status",
        "https://luarocks.org/api/1/" + "aB3dE5fG7h" * 8 + "/status",
        "monkey = 'aB3dE5fG7haB3dE5fG7haB3dE5fG7haB3dE5fG7h' -- luarocks.org",
        "KEY = 'aB3dE5fG7haB3dE5fG7haB3dE5fG7haB3dE5fG7h' -- LUAROCKS.ORG",
    )
    remediation: ClassVar = (
        "Revoke: sign in to LuaRocks, Settings, API keys, Revoke.",
        "Audit: compare each module's versions with your tags; delete those that are not yours.",
        "Remove it from every place listed, history included.",
        "Prevent: keep the key in the build server's secret store and hand it over as a variable.",
    )
    docs: ClassVar = (
        "https://github.com/luarocks/luarocks/blob/main/docs/luarocks_upload.md (read 2026-11-22)",
    )


REGISTRY: Final = LuaRocks()
