# SPDX-License-Identifier: Apache-2.0
"""Tell a secret value from a reference to one, and from a documentation value."""

import math
import re
from collections import Counter
from enum import Enum
from functools import cache
from typing import Final


class Sort(Enum):
    """What a value is."""

    SECRET = "secret"
    PLACEHOLDER = "placeholder"
    REFERENCE = "reference"
    OTHER = "other"
    """Code, a path, a sentence: nothing that authenticates."""


_REFERENCE: Final = rb"""(?xs)
    \$\{\{.*?\}\}                                   # GitHub Actions, GitLab inputs
  | \$\{[^}]*\}? | \$\([^)]*\)? | \$\[.*            # shell, make, Azure Pipelines
  | \$(?:env:)?[A-Z_][A-Z0-9_]*                     # $NPM_TOKEN, PowerShell's $env:X
  | \$\w*(?i:token|passw|secret|auth|key|cred|user|arg|env)\w*
  | \$[0-9@*?#]
  | %[A-Za-z_][A-Za-z0-9_().]*% | %env\(.*          # cmd, Symfony
  | \{\{.*?(?:\}\}|$) | \{%.* | \#\{.*              # Jinja, Helm, Go; Ruby
  | \{[A-Za-z_][\w.\[\]'\"]{0,30}\}                 # Python's format strings
  | @[A-Za-z_.]+@ | !Ref\b.* | !Sub\b.* | !vault\b.*
  | <%.*                                            # ERB
  | __[A-Za-z0-9_]+__ | \[\[.*\]\]
  | (?:env|secrets?|vars?|local|data|process|os|config|self|this|System|ENV|inputs?|steps?
      |github|matrix|params|ctx|context|options?|args|settings|module|props|project
      |getenv|environment)
    (?:\.|\[|::|\().*                               # process.env.X, os.environ[...], var.x
  | (?:op|vault|bao|aws-sm|aws-ssm|gcp-sm|azure-kv|keyring|sops|age|doppler|env|ref|file)://.*
  | (?:arn:aws|projects/).*
"""

_PLACEHOLDER: Final = rb"""(?xis)
    .*(?:example|placeholder|changeme|change[-_ ]?me|replace[-_ ]?(?:me|with|this)|redacted|dummy
      |x{6}|\*{3}|\.{3,}|\xe2\x80\xa6|your[-_ ]?|my[-_](?:token|pass|secret|api|key|npm|pypi)
      |insert[-_ ]|todo|fixme|<[^>]*>|not[-_]?a[-_]?real|fake|sample|\bfoo|\bbar\b|foobar|lorem
      |secret[-_]?here|token[-_]?here|here[-_]?goes|put[-_]?your|dont[-_]?use|invalid|testtest).*
  | (?:my|your|the|a|an|some|test|api|auth|access|npm|pypi|user|db)?[-_ ]?
    (?:token|passwo?r?d?|password|passwd|secret|api[-_]?key|key|auth|credentials?|value)[-_ ]?\d{0,3}
  | test(?:ing|er)?[-_]?(?:token|pass|password|key|secret)?\d{0,4}
  | (?:none|null|nil|true|false|undefined|unset|empty|default|string|required|optional|n/?a|tbd
      |admin|root|guest|user|username|anonymous|public|deploy|bearer|basic|token|hunter2)
"""

_WORDY: Final = rb"[A-Za-z]+(?:[-_./ :][A-Za-z]+)*[.,;:!?]?"
_PATH: Final = (
    rb"(?:~|\.{0,2})/[\w./@-]*|[A-Za-z]:\\.*|\w+://[^\s:@/]*(?:[/:?#][^\s@]*)?|[\w-]+/[\w./-]+"
)
_CALL: Final = (
    rb"[A-Za-z_][\w.]*[([{].*|[a-z_][a-zA-Z_]*\.[a-zA-Z_.]+|new\s.*|await\s.*|[-=>|&+(){}\[\],]+"
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def is_reference(value: bytes) -> bool:
    """Tell whether `value` names a secret that stands elsewhere, or was masked."""
    return _compiled(_REFERENCE).fullmatch(value) is not None


def entropy(value: bytes) -> float:
    """Return the Shannon entropy of `value`, in bits per byte."""
    if not value:
        return 0.0
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def _monotone(value: bytes) -> bool:
    """Tell whether most steps between neighbours are equal: `aaaa`, `0123456789`, `abcdef`."""
    if len(value) < 8:
        return False
    steps = Counter(b - a for a, b in zip(value, value[1:], strict=False))
    return steps[0] + steps[1] + steps[-1] >= 0.75 * (len(value) - 1)


def is_placeholder(value: bytes) -> bool:
    """Tell whether `value` is a documentation value: `EXAMPLE`, 36 x's, one repeated character."""
    if len(set(value)) <= max(1, len(value) // 12) or _monotone(value):
        return True
    return _compiled(_PLACEHOLDER).fullmatch(value) is not None


def sort(value: bytes, *, quoted: bool) -> Sort:
    """Say what a value under a secret's name is.

    Args:
        value: The value, without quotes.
        quoted: It stood in quotes: then words are not code.
    """
    if not value or is_reference(value):
        return Sort.REFERENCE
    if value.startswith(b"npm_") and b"..." in value:
        return Sort.REFERENCE
    if is_placeholder(value):
        return Sort.PLACEHOLDER
    if len(value) < 6 or _compiled(_PATH).fullmatch(value):
        return Sort.OTHER
    if not quoted and _compiled(_CALL).fullmatch(value):
        return Sort.OTHER
    if _compiled(_WORDY).fullmatch(value) and (not quoted or entropy(value) < 3.0):
        # Words without a digit: an identifier, unless they are long and as mixed as noise.
        mixed = len(value) >= 20 and entropy(value) > 4.0 and not re.search(rb"[-_./ ]", value)
        return Sort.SECRET if mixed else Sort.OTHER
    return Sort.SECRET
