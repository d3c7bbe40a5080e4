# SPDX-License-Identifier: Apache-2.0
"""What every registry must do, ours and third parties'."""

import base64
import random
import re
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog import hosts, registries, rules
from stanch.detect import Engine, Grammar, Key, Rule, Shape
from stanch.model import Confidence, Match
from stanch.registries import Registry

REGISTRIES = registries()
RULES = rules()
SHAPES = tuple(rule for rule in RULES if isinstance(rule, Shape))
SEEDS = range(3)

each_registry = pytest.mark.parametrize("registry", REGISTRIES, ids=lambda one: one.name)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda one: one.id)


@cache
def whole() -> Engine:
    """Return the engine with every rule, made once."""
    return Engine(RULES, hosts())


@cache
def alone(rule_id: str) -> Engine:
    """Return an engine with one rule, which looks into no encoding."""
    return Engine([rule for rule in RULES if rule.id == rule_id], hosts(), decode=False)


def sample(rule: Rule, seed: int) -> str:
    """Return a synthetic credential of `rule`."""
    assert isinstance(rule, Shape | Key | Grammar)
    return rule.sample(random.Random(f"{rule.id} {seed}"))


def places(rule: Rule) -> list[tuple[str, bytes, tuple[int, int]]]:
    """Return (credential, text, its span) for every flagged text and seed."""
    found = []
    for seed in SEEDS:
        token = sample(rule, seed)
        for text in rule.flagged:
            start = len(text.partition("{token}")[0].encode())
            filled = text.replace("{token}", token).encode()
            found.append((token, filled, (start, start + len(token))))
    return found


def covering(matches: list[Match], span: tuple[int, int]) -> list[Match]:
    """Return the matches at exactly `span`."""
    return [match for match in matches if match.span == span]


@each_rule
def test_rule_finds_its_sample(rule: Rule) -> None:
    """A rule finds its sample at the exact span in every text that it says is flagged."""
    for _, text, span in places(rule):
        assert [rule.id] == [match.rule for match in covering(alone(rule.id).matches(text), span)]


@each_rule
def test_all_rules_find_the_sample(rule: Rule) -> None:
    """Beside all other rules the same span is reported, as a credential and not a placeholder."""
    for _, text, span in places(rule):
        found = covering(whole().matches(text), span)
        assert 1 == len(found), text
        assert Confidence.PLACEHOLDER is not found[0].confidence


@pytest.mark.parametrize("rule", [one for one in SHAPES if one.check], ids=lambda one: one.id)
def test_sample_is_proved(rule: Shape) -> None:
    """Where a shape has an offline check, its sample passes it."""
    for _, text, span in places(rule):
        match = covering(alone(rule.id).matches(text), span)[0]
        assert Confidence.VERIFIED is match.confidence


@each_rule
def test_safe_texts(rule: Rule) -> None:
    """Nothing above a placeholder is reported in a text that a rule says is safe."""
    for text in rule.safe:
        found = whole().matches(text.encode())
        assert [] == [
            match.rule for match in found if match.confidence is not Confidence.PLACEHOLDER
        ], text


@each_registry
def test_lookalikes(registry: Registry) -> None:
    """Nothing at all is reported in a registry's lookalikes."""
    for text in registry.lookalikes:
        assert [] == [match.rule for match in whole().matches(text.encode())], text


@each_registry
def test_metadata(registry: Registry) -> None:
    """A registry says what it is, what to do about a leak, and which pages say so."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", registry.name)
    assert registry.title
    assert registry.rules
    assert 4 <= len(registry.lookalikes)
    assert 4 <= len(registry.remediation)
    assert registry.remediation[0].startswith("Revoke")
    assert registry.docs
    for page in registry.docs:
        assert re.fullmatch(r"https://\S+ \(read \d{4}-\d{2}-\d{2}\)", page)
    for host in registry.hosts:
        assert re.fullmatch(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+", host)


@each_registry
def test_module_is_named_after_the_registry(registry: Registry) -> None:
    """A registry of ours stands in the module of its name."""
    module = type(registry).__module__
    if module.startswith("stanch."):
        assert f"stanch.registries.{registry.name.replace('-', '_')}" == module


@each_rule
def test_rule_metadata(rule: Rule) -> None:
    """A rule's id starts with its registry, and its texts say what is flagged and what is safe."""
    assert rule.id.startswith(f"{rule.registry}-")
    assert rule.kind
    assert rule.title
    assert rule.flagged
    assert rule.safe
    assert all(text.count("{token}") == 1 for text in rule.flagged)


def test_ids_are_unique() -> None:
    """No two rules share an id, and no two registries a name."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert len({registry.name for registry in REGISTRIES}) == len(REGISTRIES)


@each_rule
def test_anchors_are_rare(rule: Rule) -> None:
    """An anchor is a literal of at least three bytes, or an expression."""
    anchors = rule.names if isinstance(rule, Key) else getattr(rule, "anchors", ())
    assert anchors or getattr(rule, "expressions", ())
    assert all(len(anchor.encode()) >= 3 for anchor in anchors)


@each_rule
def test_sample_is_seeded(rule: Rule) -> None:
    """The same seed gives the same credential, another seed another one."""
    assert sample(rule, 1) == sample(rule, 1)
    assert sample(rule, 1) != sample(rule, 2)


@each_rule
@settings(max_examples=15)
@given(data=st.data())
def test_hostile_surroundings(rule: Rule, data: st.DataObject) -> None:
    """Whatever stands around an anchor, nothing raises, and spans lie within the bytes."""
    anchors = rule.names if isinstance(rule, Key) else getattr(rule, "anchors", ())
    anchors = anchors or ("https://ci:a1@",)
    junk = st.one_of(
        st.binary(max_size=60),
        st.text("=:\"'\\/@[]{}<>\n %$aZ0.-_", max_size=120).map(str.encode),
        st.sampled_from([text.encode() for text in (*rule.flagged, *rule.safe)]),
    )
    parts = data.draw(st.lists(st.one_of(junk, st.sampled_from(anchors).map(str.encode))))
    text = b"".join(parts)
    for match in alone(rule.id).matches(text):
        assert 0 <= match.span[0] < match.span[1] <= len(text)


def _base64(lead: int) -> Callable[[bytes], bytes]:
    return lambda text: base64.b64encode(b"#" * lead + b"\n" + text)


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "base64/0": _base64(2),
    "base64/1": _base64(3),
    "base64/2": _base64(4),
    "hex": lambda text: text.hex().encode(),
    "utf-16-le": lambda text: text.decode().encode("utf-16-le"),
    "utf-16-be": lambda text: text.decode().encode("utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "shape",
    [s for s in SHAPES if s.encoded and all(len(anchor) >= 4 for anchor in s.anchors)],
    ids=lambda one: one.id,
)
def test_encoded_sample(shape: Shape, encoding: str) -> None:
    """A shape's sample is found in every encoding, and told apart as what it is."""
    token = sample(shape, 0)
    text = shape.flagged[0].replace("{token}", token).encode()
    found = whole().matches(b"data: " + ENCODINGS[encoding](text) + b"\n")
    secrets = [match.secret.reveal() for match in found if match.decoded]
    assert token.encode() in secrets
