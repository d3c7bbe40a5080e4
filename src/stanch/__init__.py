# SPDX-License-Identifier: Apache-2.0
"""stanch: find leaked package-registry credentials."""

__version__ = "0.1.0"
