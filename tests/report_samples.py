# SPDX-License-Identifier: Apache-2.0
"""Findings made by hand, for the tests of reports."""

import random
from pathlib import Path
from typing import Any, Final

import msgspec

from stanch.model import Confidence, Finding, Occurrence, RuleId, Severity, Skipped, Verdict
from stanch.reports import Screen, Summary
from stanch.scan import Coverage, registries, rules
from stanch.secret import Secret

HOSTILE: Final = "a\x1b[31m\x9b\u202eb\n|`<img>\"'&\udcff=,{}\ufffe"
"""A name that terminals, tables, mark-up and encoders would each act on."""


def npm_token(number: int = 0) -> str:
    """Return a synthetic npm token, the same for the same number."""
    rule = next(rule for rule in rules(["npm"]) if rule.id == "npm-access-token")
    sample: Any = rule
    token: str = sample.sample(random.Random(number))
    return token


def finding(token: str, *places: Occurrence, **changes: Any) -> Finding:
    """Return a finding of an npm token."""
    secret = Secret(token.encode())
    made = Finding(
        rule=RuleId("npm-access-token"),
        registry="npm",
        kind="access token",
        title="npm access token",
        severity=Severity.CRITICAL,
        confidence=Confidence.VERIFIED,
        fingerprint=secret.fingerprint(),
        preview=secret.preview(),
        occurrences=places or (Occurrence(path="@@INPUT@@/.npmrc", line=1, column=34),),
        aliases=("VNX-SEC-010",),
        secret=secret,
    )
    return msgspec.structs.replace(made, **changes)


def committed(path: str, *, in_head: bool, **changes: Any) -> Occurrence:
    """Return a place in git's history."""
    place = Occurrence(
        path=path,
        kind="blob",
        line=2,
        column=5,
        span=(12, 52),
        object="ab" * 20,
        commit="cd" * 20,
        author="Jane Roe <jane@corp.example>",
        date="2021-03-04T05:06:07Z",
        refs=("refs/heads/main", "refs/tags/v1"),
        reachable=True,
        in_head=in_head,
    )
    return msgspec.structs.replace(place, **changes)


def findings() -> list[Finding]:
    """Return a little of everything: on disk, in history, in archives, placeholder, allowed."""
    return [
        finding(
            npm_token(1),
            Occurrence(path="@@INPUT@@/.npmrc", line=3, column=34, span=(90, 130), mode=0o644),
            committed("pkg.tgz", in_head=False, archive_path=("package/.npmrc",)),
            committed("lib/token.js", in_head=True, decoded=("base64",)),
        ),
        finding(
            npm_token(2),
            Occurrence(path="-", kind="stream", line=7, column=1, span=(200, 240)),
            verdict=Verdict.EXPIRED,
            severity=Severity.HIGH,
            proof={"expires": "2025-01-02T00:00:00Z", "expired": True, "projects": ["left-pad"]},
        ),
        finding(
            npm_token(3),
            Occurrence(path="README.md", line=9),
            confidence=Confidence.PLACEHOLDER,
        ),
        finding(npm_token(4), Occurrence(path="t.py", line=4, allowed="stanch:allow")),
    ]


def hostile_findings() -> list[Finding]:
    """Return findings whose names attack the reader, and hold the credential itself."""
    token = npm_token(5)
    place = committed(
        f"{HOSTILE}/{token}",
        in_head=False,
        author=f"{HOSTILE} {token}",
        refs=(f"refs/heads/{token}",),
        paths=(f"x/{token}/y",),
        archive_path=(f"{token}.tgz", HOSTILE),
        allowed="",
    )
    formula = Occurrence(path="=HYPERLINK(1)", line=1)
    return [finding(token, place, formula, proof={"user": f"{HOSTILE}{token}", "n": [token]})]


def coverage(*skipped: Skipped) -> Coverage:
    """Return what a scan of some files and a history has read."""
    done = {"files": 1234, "history": 47610}
    return Coverage(targets=["@@INPUT@@"], done=done, size=859_000_000, skipped=list(skipped))


def summary(read: Coverage | None = None, **changes: Any) -> Summary:
    """Return a summary with every rule, whose clock stands still."""
    from stanch.scan import Options, engine, mask

    known = registries()
    finder = engine(Options())
    values: dict[str, Any] = {
        "version": "0.1.0",
        "coverage": read or coverage(),
        "started": "2026-11-22T10:00:00Z",
        "ended": "2026-11-22T10:00:02Z",
        "rules": {rule.id: rule for rule in rules()},
        "remediation": {registry.name: registry.remediation for registry in known},
        "registries": {registry.name: registry.title for registry in known},
        "mask": lambda text: mask(finder, text),
    }
    return Summary(**(values | changes))


def screen(*, color: bool = True, links: bool = True, width: int = 80) -> Screen:
    """Return a terminal."""
    return Screen(width=width, color=color, links=links, root=Path("/home/user"))
