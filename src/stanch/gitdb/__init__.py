# SPDX-License-Identifier: Apache-2.0
"""Read git's object database without git: no program of the repository's choice ever runs.

`repository` finds the database and says what is missing from it; `pack` reads indexes and headers
without touching data; `forest` rebuilds every object of a pack, each entry inflated once.
"""
