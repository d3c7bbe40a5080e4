# SPDX-License-Identifier: Apache-2.0
"""`stanch rules`: what stanch looks for, and why."""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from stanch.cli._command import Command, Group, Option
from stanch.cli._plugins import PluginName

if TYPE_CHECKING:
    from stanch.detect.rule import Rule

_LIST_EXAMPLES: Final = (
    ("stanch rules", "every rule"),
    ("stanch rules list --registry npm", "one registry's"),
    ("stanch rules list --format json", "for programs"),
)
_SHOW_EXAMPLES: Final = (
    ("stanch rules show npm-access-token", "by its id"),
    ("stanch rules show VNX-SEC-010", "every rule that answers to an alias"),
    ("stanch rules show npmrc --format json", "for programs"),
)
_ALL_EXAMPLES: Final = (_LIST_EXAMPLES[0], _SHOW_EXAMPLES[0])


def _format() -> Option:
    return Option(
        ["-f", "--format", "form"],
        type=click.Choice(("text", "json")),
        default="text",
        help="Form of the answer.",
    )


def rules(ctx: click.Context) -> None:
    """List and explain the rules."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, registries=(), form="text")


def list_(registries: tuple[str, ...], form: str) -> None:
    """List the rules, a line each."""
    from stanch.scan import rules as all_rules

    found = sorted(all_rules(registries), key=lambda rule: (rule.registry, rule.id))
    if form == "json":
        _write_json([_describe(rule) for rule in found])
        return
    width = max((len(rule.id) for rule in found), default=0)
    for rule in found:
        aliases = f"  ({', '.join(rule.aliases)})" if rule.aliases else ""
        click.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title}{aliases}")


def show(name: str, form: str) -> None:
    """Explain the rule called NAME: its id, or an alias, to which several may answer."""
    from stanch.scan import rules as all_rules

    every = all_rules()
    wanted = name.lower()
    found = [rule for rule in every if rule.id.lower() == wanted] or [
        rule for rule in every if wanted in map(str.lower, rule.aliases)
    ]
    if not found:
        raise click.UsageError(f"no rule answers to {name!r}{_near(name, every)}")
    if form == "json":
        _write_json([_describe(rule) for rule in found])
        return
    click.echo("\n\n".join("\n".join(_explain(rule)) for rule in found))


def _near(name: str, every: "tuple[Rule, ...]") -> str:
    import difflib

    names = {known.lower(): known for rule in every for known in (rule.id, *rule.aliases)}
    close = difflib.get_close_matches(name.lower(), names, n=3)
    return f"; did you mean {' or '.join(names[key] for key in close)}?" if close else ""


def _masked_sample(rule: "Rule") -> str:
    """Return a synthetic credential of the rule, masked: the same in every run."""
    from stanch.secret import Secret

    make = getattr(rule, "sample", None)
    if make is None:
        return "********"
    return Secret(make(random.Random(rule.id)).encode()).preview()  # noqa: S311 - no secret.


def _describe(rule: "Rule") -> dict[str, Any]:
    """Return what there is to say about a rule, as plain data."""
    from stanch.reports import ATTACK, CWE
    from stanch.scan import registries

    registry = {registry.name: registry for registry in registries()}.get(rule.registry)
    sample = _masked_sample(rule)
    return {
        "id": rule.id,
        "title": rule.title,
        "registry": rule.registry,
        "kind": rule.kind,
        "severity": rule.severity,
        "cwe": CWE.id,
        "attack": ATTACK.id,
        "aliases": rule.aliases,
        "flagged": [text.replace("{token}", sample) for text in rule.flagged],
        "safe": rule.safe,
        "remediation": registry.remediation if registry else (),
        "references": (*(registry.docs if registry else ()), CWE.url, ATTACK.url),
    }


def _explain(rule: "Rule") -> Iterator[str]:
    from stanch.reports import ATTACK, CWE

    told = _describe(rule)
    yield f"{rule.id}: {rule.title}"
    yield ""
    yield f"  registry   {rule.registry}"
    yield f"  kind       {rule.kind}"
    yield f"  severity   {rule.severity}"
    if rule.aliases:
        yield f"  aliases    {', '.join(rule.aliases)}"
    yield f"  weakness   {CWE.id} {CWE.name}"
    yield f"  technique  {ATTACK.id} {ATTACK.name}"
    for title, texts in (("Flagged", told["flagged"]), ("Safe", told["safe"])):
        if texts:
            yield f"\n{title}:"
        for text in texts:
            yield from (f"  {line}" for line in text.splitlines())
            yield ""
    for title, lines in (("What to do", told["remediation"]), ("References", told["references"])):
        if lines:
            yield f"{title}:"
            yield from (f"  {number}. {line}" for number, line in enumerate(lines, 1))
            yield ""


def _write_json(answer: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())


COMMAND: Final = Group(
    "rules",
    callback=click.pass_context(rules),
    help=rules.__doc__,
    invoke_without_command=True,
    examples=_ALL_EXAMPLES,
)
COMMAND.add_command(
    Command(
        "list",
        callback=list_,
        params=[
            Option(
                ["--registry", "registries"],
                multiple=True,
                metavar="NAME",
                type=PluginName("stanch.registries"),
                help="Only this registry's; repeat.",
            ),
            _format(),
        ],
        help=list_.__doc__,
        examples=_LIST_EXAMPLES,
    )
)
COMMAND.add_command(
    Command(
        "show",
        callback=show,
        params=[click.Argument(["name"]), _format()],
        help=show.__doc__,
        examples=_SHOW_EXAMPLES,
    )
)
