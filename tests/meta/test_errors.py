# SPDX-License-Identifier: Apache-2.0
"""The error tree as drawn is the error tree as built."""

from collections.abc import Iterator

from stanch import errors


def _drawn() -> Iterator[tuple[int, str]]:
    assert errors.__doc__ is not None
    _, _, drawing = errors.__doc__.partition("The tree::\n\n")
    for line in drawing.splitlines():
        name = line.strip(" │├└─")
        if name:
            yield line.index(name) // 4 - 1, name


def _built(base: type[BaseException], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, base.__name__
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _built(child, depth + 1)


def test_drawing_matches_classes() -> None:
    """The tree in the docstring names every error class under its base, and no other."""
    assert list(_built(errors.StanchError)) == list(_drawn())


def test_every_error_is_in_the_tree() -> None:
    """No error class of the module stands outside the tree."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert {name for _, name in _drawn()} == classes
