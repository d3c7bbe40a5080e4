# SPDX-License-Identifier: Apache-2.0
"""What a registry declares about its credentials: shapes, keys and grammars.

Each has *anchors*: literals that stand in every text that can match. One pass over the bytes finds
all anchors of all rules; everything else happens only around an anchor.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from stanch.model import Fact, Proof, RuleId, Severity

Check = Callable[[bytes], Proof]
Measure = Callable[[bytes], int]
"""Bytes that may run on past the credential -> its true length, or 0 if that cannot be told."""
Sample = Callable[[random.Random], str]


class Capture(msgspec.Struct, frozen=True):
    """A value that a grammar found, with what its surroundings tell.

    Attributes:
        span: `[start, end)` of the value as written.
        value: The credential, decoded if the format encodes it; None means the bytes of `span`.
        host: Registry host the value belongs to, or "".
        user: User name beside it, or "".
        decoded: Encodings that were undone to get `value`.
        facts: More that the surroundings tell.
        known: The surroundings prove a registry, whatever the host: see `only_known_hosts`.
    """

    span: tuple[int, int]
    value: bytes | None = None
    host: str = ""
    user: str = ""
    decoded: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = {}
    known: bool = False


Find = Callable[[bytes, int, int], Iterable[Capture]]
"""(data, anchor start, anchor end) -> captures near that anchor. Must bound its own reach."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind of rule carries.

    Attributes:
        id: Names the problem: `<registry>-<kind of credential>`.
        kind: Kind of credential, in the registry's own words.
        title: One line for people.
        severity: How bad a live one is.
        aliases: Names that other tools use.
        registry: Set by the registry that declares it; leave empty.
        flagged: Texts with `{token}` in place of a sample, for the documentation and its test.
        safe: Texts that must not be reported.
    """

    id: RuleId | str
    kind: str
    title: str
    severity: Severity = Severity.CRITICAL
    aliases: tuple[str, ...] = ()
    registry: str = ""
    flagged: tuple[str, ...] = ()
    safe: tuple[str, ...] = ()


class Shape(Rule, frozen=True, kw_only=True):
    r"""A credential that is recognised by its own form.

    Attributes:
        pattern: Regular expression (ASCII, `re` syntax) of the whole credential.
        anchors: Literals, one of which stands `offset` bytes into every credential.
        offset: Where the anchor stands in the credential.
        caseless: The anchors match in any case.
        left: Class of bytes that may not stand just before; escapes such as `\n` and `%3D` are
            understood as boundaries.
        right: Class of bytes that may not stand just after.
        check: Offline proof. A failed one lowers confidence and drops nothing.
        summed: The check is a sum over the whole credential: where it holds, no word that runs
            into the credential speaks against it.
        needs: Regular expression (any case); for a shape too short to speak for itself: some match
            of it must stand within `reach` bytes of the credential, unless the proof holds.
        reach: Bytes to look for `needs` on either side.
        entropy: Shannon entropy, bits per character of the credential, below which an unproved
            credential is dropped.
        measure: Finds the true end of a credential that tells its own length.
        sample: Makes a valid credential from a seeded generator.
        encoded: Also look for it in base64, hex and UTF-16.
    """

    pattern: str
    anchors: tuple[str, ...]
    offset: int = 0
    caseless: bool = False
    left: str = "A-Za-z0-9_"
    right: str = "A-Za-z0-9_"
    check: Check | None = None
    summed: bool = False
    needs: str = ""
    reach: int = 200
    entropy: float = 0.0
    measure: Measure | None = None
    sample: Sample
    encoded: bool = True


class Key(Rule, frozen=True, kw_only=True):
    """A credential that is known by the name it is assigned to, in any syntax.

    Configuration lines, JSON, YAML, XML, shell, Dockerfiles, source code and logs all count.

    Attributes:
        names: Names of the key or variable, any case. `-`, `_`, `.` and camel case are the same
            name: `npm_token` is also `npm-token` and `npmToken`. Longer names that contain one
            (`MY_NPM_TOKEN_2`) count too unless `whole`.
        whole: Only the name itself counts.
        exact: The name is matched as written, in that case.
        tail: Regular expression (any case) of what must follow, to complete the name: for names
            with a free part, such as `CARGO_REGISTRIES_<NAME>_TOKEN`.
        value: Regular expression of the value; "" takes any value that could be a secret.
        check: Offline proof of the value, where there is one.
        needs: As in `Shape`: must also match within `reach` bytes.
        reach: Bytes to look for `needs` on either side of the key.
        sample: Makes a value from a seeded generator.
        encoded: Also look for the names in base64, hex and UTF-16.
        nested: Also look for them in base64 that was encoded again, up to three times.
    """

    names: tuple[str, ...]
    whole: bool = False
    exact: bool = False
    tail: str = ""
    value: str = ""
    check: Check | None = None
    needs: str = ""
    reach: int = 300
    sample: Sample
    encoded: bool = True
    nested: bool = False


_HELD: Final = (
    *("token", "api_token", "access_token", "auth_token", "publish_token", "deploy_token", "pat"),
    *("key", "api_key", "access_key", "secret", "api_secret", "secret_key", "client_secret"),
    *("password", "passwd", "pass", "pwd"),
)


def names_of(*services: str) -> tuple[str, ...]:
    """Return the names under which people keep the credentials of a service."""
    return tuple(f"{service}_{held}" for service in services for held in _HELD)


class Grammar(Rule, frozen=True, kw_only=True):
    """A credential that is known by the structure it stands in.

    Attributes:
        anchors: Literals that stand in every such structure.
        caseless: The anchors match in any case.
        find: Reads the structure around an anchor.
        reach: Bytes before and after the anchor that `find` is given; the fewer, the more often
            the same text is read once only.
        check: Offline proof of the value, where there is one.
        only_known_hosts: Report only captures whose host some registry claims, or that are
            `known`.
        expressions: Regular expressions (Hyperscan syntax) that are anchors too, where no literal
            is rare enough; of bounded width. `find` is given the end of the match, twice.
        sample: Makes a value from a seeded generator.
        encoded: Also look for the anchors in base64, hex and UTF-16.
        nested: Also look for them in base64 that was encoded again, up to three times.
    """

    anchors: tuple[str, ...] = ()
    caseless: bool = False
    find: Find
    reach: tuple[int, int] = (2048, 8192)
    check: Check | None = None
    only_known_hosts: bool = False
    expressions: tuple[str, ...] = ()
    sample: Sample
    encoded: bool = True
    nested: bool = False
