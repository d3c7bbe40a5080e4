# SPDX-License-Identifier: Apache-2.0
"""The registries: one file each, found by `stanch.discovery`."""

from abc import ABC
from typing import ClassVar

from stanch.detect.rule import Rule


class Registry(ABC):
    """A package registry and everything stanch knows about its credentials.

    A subclass sets the class variables; the module ends with `REGISTRY: Final = TheClass()`.

    Attributes:
        name: Short name: the module's name.
        title: Name as people write it.
        hosts: Hosts whose credentials are this registry's. A leading dot takes every subdomain.
        rules: Shapes, keys and grammars.
        lookalikes: Hand-written texts in which nothing may be found: one short, one long, one
            inside a word, one in the wrong case.
        remediation: Steps in order: revoke, audit publishes, remove, prevent.
        docs: Pages that the file was written from, each with the date read.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]] = ()
    rules: ClassVar[tuple[Rule, ...]]
    lookalikes: ClassVar[tuple[str, ...]]
    remediation: ClassVar[tuple[str, ...]]
    docs: ClassVar[tuple[str, ...]]
