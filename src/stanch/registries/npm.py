# SPDX-License-Identifier: Apache-2.0
"""npm: the public registry, and private ones that speak its protocol.

Access tokens end in a checksum (see `detect.checksum.crc32_base62`) and tell nothing else offline.
Legacy tokens are bare UUIDs: the public registry removed them in November 2025, private registries
still issue them, so they are known only by the key they stand under. The list of tokens that the
registry shows holds `npm_aBcD...7890`: that form is no credential.
"""

import random
import re
from collections.abc import Iterator
from typing import ClassVar, Final

from stanch.detect import basic, command, section
from stanch.detect.checksum import crc32_base62, with_crc32_base62
from stanch.detect.rule import Capture, Grammar, Key, Rule, Shape
from stanch.detect.sample import ALNUM, text, uuid4
from stanch.registries import Registry

_CONTEXT: Final = (
    r"[/\w]:_authToken|npm_config__authToken|npmrc|npm|yarn|registry|verdaccio|nexus|artifactory"
    r"|(?:\A|[\r\n]|\\n)[ \t#;>+'\"]*_authToken[\"']?[ \t]*=|[\"']_authToken\\*[\"'][ \t]*:"
)
_HOST: Final = rb"//(?:[^\s/@\"']*@)?([A-Za-z0-9.-]+(?::\d+)?)[^\s\"']*$"
_FILE: Final = rb"(?i)npm|registry|yarn|verdaccio|nexus|artifactory|always-auth|upm|//\S+/:"


def _host(data: bytes, start: int) -> str:
    """Return the host in the `//host/path/` that a key at `start` is bound to."""
    found = re.search(_HOST, data[max(0, start - 300) : start])
    return found[1].decode("latin-1") if found else ""


def _key_end(data: bytes, start: int, end: int, name: bytes) -> int:
    """Return the end of the key `name` in the anchor at `start`, or -1 if it is another key."""
    at = data.find(name, start, end)
    after = at + len(name)
    if at < 0 or data[after : after + 1].isalnum() or data[after : after + 1] == b"_":
        return -1
    bound = data[at - 1 : at] == b":" or data[max(0, at - 11) : at].lower() == b"npm_config_"
    if not bound:
        before = data[max(0, at - 1) : at]
        file = re.search(_FILE, data[max(0, at - 400) : at + 400])
        if before not in (b"", b"\n", b"\r", b" ", b"\t", b'"', b"'") or not file:
            return -1
    return after


def _find_auth(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `_auth`: base64 of `user:password`."""
    after = _key_end(data, start, end, b"_auth")
    capture = command.capture_after(data, after) if after >= 0 else None
    if capture is None or data[capture.span[0] : capture.span[0] + 1] == b"_":
        return
    raw = data[slice(*capture.span)]
    host = _host(data, start)
    user_password = basic.pair(raw)
    if user_password:
        user, password = user_password
        yield Capture(capture.span, password or raw, host, user, ("base64",))
    elif data[start : start + 1] == b":" or len(raw) >= 16:
        yield Capture(capture.span, host=host)


def _find_password(data: bytes, start: int, end: int) -> Iterator[Capture]:
    """Read `_password`: base64 of the password, though npm takes a plain one as well."""
    after = _key_end(data, start, end, b"_password")
    capture = command.capture_after(data, after) if after >= 0 else None
    if capture and data[capture.span[0] : capture.span[0] + 1] != b"_":
        plain = basic.decoded(data[slice(*capture.span)])
        decoded = ("base64",) if plain else ()
        yield Capture(capture.span, plain, _host(data, start), decoded=decoded)


def _find_ident(data: bytes, _start: int, end: int) -> Iterator[Capture]:
    """Read yarn's `npmAuthIdent`: `user:password`, as it is or in base64."""
    capture = command.capture_after(data, end)
    if capture is None:
        return
    raw = data[slice(*capture.span)]
    encoded_pair = basic.pair(raw)
    if encoded_pair:
        yield Capture(capture.span, encoded_pair[1], "", encoded_pair[0], ("base64",))
        return
    user, colon, password = raw.partition(b":")
    if colon and password:
        start = capture.span[0] + len(user) + 1
        yield Capture((start, capture.span[1]), user=user.decode("latin-1"))


def _find_toml(data: bytes, start: int, _end: int) -> Iterator[Capture]:
    """Read Bun's `bunfig.toml` and Unity's `.upmconfig.toml`."""
    for part in section.sections(data, start, ("token", "_auth", "password", "url")):
        if not re.match(r"install(?:\.|$)|npmAuth\.", part.name):
            return
        place = part.name.encode()
        if "url" in part.values:
            place = data[slice(*part.values["url"])]
        found = re.search(rb"//(?:[^\s/@\"']*@)?([A-Za-z0-9.-]+(?::\d+)?)", place)
        host = found[1].decode("latin-1") if found else ""
        for key in ("token", "_auth", "password"):
            if key not in part.values:
                continue
            span = part.values[key]
            user_password = basic.pair(data[slice(*span)]) if key == "_auth" else None
            if user_password:
                user, password = user_password
                yield Capture(span, password, host, user, ("base64",))
            else:
                yield Capture(span, host=host)


def _sample_token(rng: random.Random) -> str:
    return with_crc32_base62("npm_", text(rng, ALNUM, 30))


def _sample_basic(rng: random.Random) -> str:
    return basic.encoded("deploy", text(rng, ALNUM, 20))


def _sample_password(rng: random.Random) -> str:
    return text(rng, ALNUM, 20)


class Npm(Registry):
    """The npm registry."""

    name: ClassVar = "npm"
    title: ClassVar = "npm"
    hosts: ClassVar = (
        "registry.npmjs.org",
        "registry.npmjs.com",
        "registry.yarnpkg.com",
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        Shape(
            id="npm-access-token",
            kind="access token",
            title="npm access token",
            aliases=("VNX-SEC-010",),
            pattern=r"npms?_[A-Za-z0-9]{36,48}",
            anchors=("npm_", "npms_"),
            check=crc32_base62,
            summed=True,
            # A failed checksum and no digit at all is an identifier.
            needs=r"\d",
            reach=0,
            sample=_sample_token,
            flagged=(
                "//registry.npmjs.org/:_authToken={token}",
                "env:\n  NODE_AUTH_TOKEN: {token}",
                "+ export NPM_TOKEN={token}",
                (
                    "2025-11-24T10:11:12.345Z \x1b[36;1mnpm config set "
                    "//registry.npmjs.org/:_authToken {token}\x1b[0m"
                ),
                '{"Authorization":"Bearer {token}"}',
                "https://ci:{token}@npm.corp.example/left-pad/-/left-pad-1.0.0.tgz",
            ),
            safe=(
                "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
                "//registry.npmjs.org/:_authToken=$AUTH_TOKEN",
                "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
                "token npm_aBcD...7890 with id 3f2504 created 2025-01-01",
            ),
        ),
        Key(
            id="npm-config-token",
            kind="registry token in npm configuration",
            title="npm configuration holds a literal registry token",
            aliases=("npmrc",),
            names=(
                "_authToken",
                "npm_config__authToken",
                "npm_config__authtoken",
                "NPM_CONFIG__AUTHTOKEN",
            ),
            exact=True,
            needs=_CONTEXT,
            sample=uuid4,
            flagged=(
                "//npm.corp.example/:_authToken={token}",
                "_authToken = {token}",
                "npm config set //npm.corp.example/:_authToken {token}",
                'npm config set "//npm.corp.example/npm/:_authToken" "{token}"',
                "RUN echo '//npm.corp.example/:_authToken={token}' > ~/.npmrc",
                '"//npm.corp.example/:_authToken" "{token}"',
            ),
            safe=(
                "# 6ba7b810-9dad-41d1-80b4-00c04fd430c8\nregistry=https://npm.corp.example/",
                "_authToken=MYTOKEN",
                "//npm.corp.example/:_authToken=%NPM_TOKEN%",
                '- npm config set //npm.corp.example/:_authToken "$NPM_TOKEN"',
                "this._authToken = " + "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            ),
        ),
        Key(
            id="npm-token-variable",
            kind="registry token in a variable",
            title="npm token in a variable or setting",
            names=(
                "npm_token",
                "npm_auth",
                "npm_auth_token",
                "node_auth_token",
                "npm_access_token",
                "npm_publish_token",
                "npm_registry_token",
                "npm_api_token",
                "npm_api_key",
                "npm_key",
                "npm_secret",
                "npm_pass",
                "bun_config_token",
                "bun_auth_token",
                "verdaccio_token",
                "verdaccio_password",
            ),
            encoded=False,
            sample=uuid4,
            flagged=(
                "NPM_TOKEN={token}",
                'npmAuthToken: "{token}"',
                "export YARN_NPM_AUTH_TOKEN='{token}'",
                "ENV NODE_AUTH_TOKEN {token}",
                '{"name": "NPM_TOKEN", "value": "{token}"}',
            ),
            safe=(
                'npmAuthToken: "${NPM_TOKEN:-}"',
                "NPM_TOKEN=$(op read op://ci/npm/token)",
                "const npmToken = process.env.NPM_TOKEN;",
                'if [ -z "$NPM_TOKEN" ]; then',
                "NPM_TOKEN_FILE=/run/secrets/npm-token-1",
            ),
        ),
        Grammar(
            id="npm-basic-auth",
            kind="user name and password in npm configuration",
            title="npm configuration holds a user name and password",
            anchors=(":_auth", "_auth=", "_auth =", '"_auth"', "npm_config__auth"),
            find=_find_auth,
            encoded=False,
            sample=_sample_basic,
            flagged=(
                "//npm.corp.example/:_auth={token}",
                "_auth = {token}\nemail = ci@corp.example\nalways-auth = true",
                "npm_config__auth={token}",
            ),
            safe=(
                "//npm.corp.example/:_auth=${NPM_AUTH}",
                "client = connect(http_auth=credentials_for(user))",
                "_auth=$(echo -n user:pass | base64)",
            ),
        ),
        Grammar(
            id="npm-config-password",
            kind="password in npm configuration",
            title="npm configuration holds a password",
            anchors=(":_password", "_password=", "_password ="),
            find=_find_password,
            encoded=False,
            sample=_sample_password,
            flagged=(
                "//npm.corp.example/:username=ci\n//npm.corp.example/:_password={token}",
                'registry=https://npm.corp.example/\n_password="{token}"',
            ),
            safe=(
                "//npm.corp.example/:_password=${NPM_PASSWORD}",
                "def login(user_password='Qx7hG2kLm9pRt4Vw'):",
            ),
        ),
        Grammar(
            id="npm-auth-ident",
            kind="user name and password in yarn configuration",
            title="yarn configuration holds a user name and password",
            anchors=("npmAuthIdent", "NPM_AUTH_IDENT"),
            find=_find_ident,
            sample=_sample_password,
            flagged=(
                'npmScopes:\n  corp:\n    npmAuthIdent: "ci:{token}"',
                "export YARN_NPM_AUTH_IDENT=ci:{token}",
            ),
            safe=('npmAuthIdent: "${NPM_USER}:${NPM_PASSWORD}"', "npmAuthIdent: ${NPM_IDENT-}"),
        ),
        Grammar(
            id="npm-toml-token",
            kind="registry token in bunfig.toml or .upmconfig.toml",
            title="Bun or Unity configuration holds a literal registry token",
            anchors=("[install]", "[install.scopes", "[install.registry", "[npmAuth."),
            find=_find_toml,
            reach=(16, 2048),
            sample=_sample_password,
            flagged=(
                '[install.scopes]\n"@corp" = { token = "{token}", url = "https://n.corp.example" }',
                '[install.registry]\nurl = "https://n.corp.example"\ntoken = "{token}"',
                '[npmAuth."https://upm.corp.example"]\ntoken = "{token}"\nalwaysAuth = true',
            ),
            safe=('[install.scopes]\n"@corp" = { token = "$NPM_TOKEN", url = "https://n.x/" }',),
        ),
    )
    lookalikes: ClassVar = (
        "npm_tooShort1234567890",
        "npm_" + "a1B2" * 20,
        "xnpm_0123456789abcdefABCDEF0123456789abcd",
        "NPM_0123456789abcdefABCDEF0123456789abcd",
        "npm_thisIsAnIdentifierWithoutAnyDigitInIt",
        "npm_aBcD...7890",
        '"npm-token-helper": "^12.3.4"',
        "deadbeef-1111-4222-8333-444455556666 # no key here",
    )
    remediation: ClassVar = (
        (
            "Revoke the token: `npm token list`, then `npm token revoke <id>`, or Access Tokens "
            "on the npm web site; on a private registry, in its own administration."
        ),
        (
            "Audit what was published since it leaked: `npm view <package> time --json` for every "
            "package the account maintains, and compare the tarballs with the source."
        ),
        (
            "Remove it from every place listed, history included; write `${NPM_TOKEN}` in the "
            "user's own .npmrc, never in one that is committed."
        ),
        (
            "Prevent: publish by trusted publishing (OIDC), set the packages to disallow tokens, "
            "and delete long-lived tokens; where one must stay, make it granular, short-lived."
            " Bind it to CIDR ranges."
        ),
    )
    docs: ClassVar = (
        "https://docs.npmjs.com/about-access-tokens (read 2026-11-22)",
        "https://docs.npmjs.com/cli/v11/configuring-npm/npmrc (read 2026-11-22)",
        "https://yarnpkg.com/configuration/yarnrc (read 2026-11-22)",
        "https://bun.com/docs/runtime/bunfig (read 2026-11-22)",
    )


REGISTRY: Final = Npm()
