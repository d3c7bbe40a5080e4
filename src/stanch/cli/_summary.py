# SPDX-License-Identifier: Apache-2.0
"""What a report tells beside the findings."""

from functools import lru_cache

from stanch import __version__
from stanch.cli._work import Work
from stanch.reports import Screen, Summary
from stanch.scan import registries, rules


def summarize(work: Work, screen: Screen | None, *, show_secrets: bool) -> Summary:
    """Return the summary of a scan; `finish` it when the scan has ended.

    Args:
        work: The scan.
        screen: The terminal that the report is drawn on.
        show_secrets: Tell each credential itself.
    """
    known = registries()
    return Summary(
        version=__version__,
        coverage=work.scan.coverage,
        started=work.started,
        rules={rule.id: rule for rule in (*rules(), *work.scan.options.rules)},
        remediation={registry.name: registry.remediation for registry in known},
        registries={registry.name: registry.title for registry in known},
        mask=lru_cache(maxsize=1 << 16)(work.scan.mask),
        show_secrets=show_secrets,
        screen=screen,
    )


def finish(summary: Summary, work: Work) -> None:
    """Fill in what is known only when the scan has ended."""
    summary.ended = work.ended
    summary.known = work.selection.known
    summary.stale = work.selection.stale()
