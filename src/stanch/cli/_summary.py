# SPDX-License-Identifier: Apache-2.0
"""What a report tells beside the findings."""

from functools import lru_cache

from stanch import __version__
from stanch.reports import Summary
from stanch.scan import Scan, registries, rules


def summarize(work: Scan, started: str, *, show_secrets: bool) -> Summary:
    """Return the summary of a scan that is about to start.

    Args:
        work: The scan.
        started: When it starts: ISO 8601, UTC.
        show_secrets: Tell each credential itself.
    """
    known = registries()
    return Summary(
        version=__version__,
        coverage=work.coverage,
        started=started,
        rules={rule.id: rule for rule in (*rules(), *work.options.rules)},
        remediation={registry.name: registry.remediation for registry in known},
        registries={registry.name: registry.title for registry in known},
        mask=lru_cache(maxsize=1 << 16)(work.mask),
        show_secrets=show_secrets,
    )
