# SPDX-License-Identifier: Apache-2.0
"""Tell a secret value from a reference to one, and from a documentation value."""

import math
import re
from collections import Counter
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Final


class Sort(Enum):
    """What a value is."""

    SECRET = "secret"  # noqa: S105 (it names the sort)
    PLACEHOLDER = "placeholder"
    REFERENCE = "reference"
    OTHER = "other"
    """Code, a path, a sentence: nothing that authenticates."""


_REFERENCE: Final = rb"""(?xs)
    \$\{\{.*?\}\}                                   # GitHub Actions, GitLab inputs
  | \$\{[^}]*\}? | \$\([^)]*\)? | \$\[.*            # shell, make, Azure Pipelines
  | \$(?:env:)?[A-Z_][A-Z0-9_]*                     # $NPM_TOKEN, PowerShell's $env:X
  | \$\w*(?i:token|pass|secret|auth|key|cred|user|arg|env|pwd?\b|repo|npm|pypi|nexus|docker|git
      |api|login|param|opt|conf|var|val|input|data|name|host|url)\w*
  | \$[a-z]\w*(?:_|(?<=[a-z0-9])[A-Z])\w*            # $my_value, $myValue
  | \$[0-9@*?#]
  | %[A-Za-z_][A-Za-z0-9_().]*% | %env\(.* | %\(\w+\)[sdr]   # cmd, Symfony, Python
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

_EMBEDDED: Final = (
    rb"\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$[A-Z_][A-Z0-9_]*(?![A-Za-z0-9])|\{\{[^{}]*\}\}"
    rb"|\$\([^()]*\)|%[A-Z_][A-Z0-9_]*%"
)
_BRACED: Final = rb"\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{\{[^{}]*\}\}|\$\([^()]*\)"
_AFFIX: Final = rb"[\w.:/@+=-]{0,7}|[A-Za-z]+(?:[_.:/@=-][A-Za-z]*)*"
_JOINS: Final = b":/@._-+ "
"""What stands between references that are joined to one value."""

_PLACEHOLDER: Final = rb"""(?xis)
    .*(?:example|placeholder|changeme|change[-_ ]me|replace[-_ ]?(?:me|with|this)|redacted
      |x{6}|\*{3}|\.{3,}|\xe2\x80\xa6|my[-_](?:token|pass|secret|api|key|npm|pypi)
      |insert[-_ ]|<[^>]*>|not[-_]?a[-_]?real|sample|foobar
      |secret[-_]?here|token[-_]?here|here[-_]?goes|put[-_]?your|dont[-_]?use|invalid|testtest
      |not[-_ ](?:my|the|a)[-_ ]|sekrit).*
  | (?:dead[-_]?(?:beef|c[o0]de)|cafe[-_]?babe|feed[-_]?face|[-_])+
  | my[-_ ]?\w{0,20}[-_ ]?(?:token|passw(?:or)?d|secret|key)
  | (?:my|your|the|a|an|some|test|api|auth|access|npm|pypi|user|db)?[-_ ]?
    (?:token|passwo?r?d?|p[a@]ss(?:w[o0]rd)?|passwd|s[e3]cr[e3]t|api[-_]?key|key|auth|credentials?|value)
    [-_ ]?\d{0,3}
  | test(?:ing|er)?[-_]?(?:token|pass|password|key|secret)?\d{0,4}
  | (?:none|null|nil|true|false|undefined|unset|empty|default|string|required|optional|n/?a|tbd
      |admin|root|guest|user|username|anonymous|public|deploy|bearer|basic|token|hunter2
      |base64|utf-?8|latin1|ascii|binary|sha-?\d{1,3})
"""

_HINT: Final = rb"(?i)(?:your|fake|todo|fixme|dummy|lorem|blah|(?<![a-z0-9])foo|\bbar\b)"
"""Words of placeholders so short that chance writes them into long random text."""
_LONG: Final = 30
"""Bytes from which a value may hold such a word by chance."""

_WORDY: Final = rb"[_:/-]*[A-Za-z]+(?:[-_./ :][A-Za-z]+)*[.,;:!?]?"
_IDENTIFIER: Final = rb"[A-Za-z]+\d{0,2}(?:[_.][A-Za-z]+\d{0,2})+"
_ADDRESS: Final = rb"[A-Za-z]:\\.*|\w+://[^\s:@/]*(?:[/:?#][^\s@]*)?"
_PATH: Final = rb"~?[\w.@:-]*(?:/[\w.@:-]*)+"
_MIXED: Final = rb"(?=[^\d]*\d)(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9]{10,}"
"""A part of a path that is none: base64 has slashes too."""
_CAMEL_WORD: Final = rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+"
_UNSPEAKABLE: Final = rb"(?i)[b-df-hj-np-tv-xz]{7}"
_VERSION: Final = (
    rb"[\^~<>=v]{0,3}\d{1,5}(?:\.\d{1,5}|\.[x*]){1,3}(?:[-+.](?:alpha|beta|rc|dev|post|snapshot)[\w.]*)?"
    rb"|\d{1,10}|0x[0-9A-Fa-f]{1,16}|\d{4}-\d\d-\d\d(?:[T ][\d:.Z+-]*)?"
    rb"|\d{1,6}(?:ms|s|m|h|d|[kKMG]i?B?)"
)
"""Versions, numbers, dates and durations."""
_CALL: Final = (
    # a variable's name, in a list of them
    rb"(?=(?i:\w*_)?(?i:token|password|passwd|secret|auth\w*|key|pat)(?:_|$))"
    rb"(?:[A-Za-z]+|\d{1,2})(?:_+(?:[A-Za-z]+|\d{1,2}))+|"
    rb"[A-Za-z_][\w.]*[([{].*|[a-z_][a-zA-Z_]*\.[a-zA-Z_.]+|new\s.*|await\s.*|[-=>|&+(){}\[\],]+"
    rb"|--?[a-z][a-z-]*(?:=.*)?"
)


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def is_reference(value: bytes) -> bool:
    """Tell whether `value` names a secret that stands elsewhere, or was masked."""
    if _compiled(_REFERENCE).fullmatch(value):
        return True
    rest, references = _compiled(_EMBEDDED).subn(b"", value)
    if not references or not rest.strip(_JOINS):
        return references > 0
    # A word before or behind a reference is a prefix: `npm_${TOKEN}`, `release.${VERSION}`.
    rest, references = _compiled(_BRACED).subn(b"", value)
    return references > 0 and _compiled(_AFFIX).fullmatch(rest) is not None


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
    steps = Counter(after - before for before, after in pairwise(value))
    return steps[0] + steps[1] + steps[-1] >= 0.75 * (len(value) - 1)


def is_placeholder(value: bytes) -> bool:
    """Tell whether `value` is a documentation value: `EXAMPLE`, 36 x's, one repeated character."""
    if len(set(value)) <= max(1, len(value) // 12) or _monotone(value):
        return True
    return _compiled(_PLACEHOLDER).fullmatch(value) is not None or _hints(value)


def _hints(value: bytes) -> bool:
    """Tell whether short words make `value` a placeholder: in long text, if one stands apart."""
    # Chance mixes the cases of a word's letters; people do not.
    found = [
        one
        for one in _compiled(_HINT).finditer(value)
        if one[0].islower() or one[0].isupper() or one[0].istitle()
    ]
    if len(value) < _LONG or len(found) > 1:
        return bool(found)
    return any(
        not (value[one.start() - 1 : one.start()].isalnum() and value[one.end() :][:1].isalnum())
        for one in found
    )


def _drawn(letters: bytes) -> bool:
    """Tell whether letters look drawn at random: words change case less, and can be spoken."""
    letters = max(_compiled(rb"[^A-Za-z]").split(letters), key=len)
    if len(letters) < 12:
        return False
    words = len(_compiled(_CAMEL_WORD).findall(letters))
    if len(letters) < 3.5 * words or _compiled(_UNSPEAKABLE).search(letters):
        return True
    return len(letters) >= 20 and entropy(letters) > 4.0


def sort(value: bytes, *, quoted: bool) -> Sort:
    """Say what a value under a secret's name is.

    Args:
        value: The value, without quotes.
        quoted: It stood in quotes: then words are not code.
    """
    if not value or is_reference(value) or _is_masked(value):
        return Sort.REFERENCE
    if is_placeholder(value):
        return Sort.PLACEHOLDER
    return Sort.OTHER if _is_other(value, quoted=quoted) else Sort.SECRET


def _is_masked(value: bytes) -> bool:
    """Tell whether npm's tools wrote the value: first and last characters of a token."""
    return value.startswith(b"npm_") and b"..." in value


def _is_path(value: bytes) -> bool:
    """Tell whether a value is an address without a password, or a path."""
    if _compiled(_ADDRESS).fullmatch(value):
        return True
    if not _compiled(_PATH).fullmatch(value):
        return False
    return not any(_compiled(_MIXED).fullmatch(part) for part in value.split(b"/"))


def _is_code(value: bytes) -> bool:
    """Tell whether a bare value is an expression, an option or an identifier."""
    return (
        value[0] in b"([{<:=#"
        or _compiled(_CALL).fullmatch(value) is not None
        or (_compiled(_IDENTIFIER).fullmatch(value) is not None and not _drawn(value))
    )


def _is_other(value: bytes, *, quoted: bool) -> bool:
    """Tell whether a value is code, a path or words."""
    if len(value) < 6 or _is_path(value):
        return True
    if not quoted and _is_code(value):
        return True
    if _compiled(_VERSION).fullmatch(value):
        return True
    if not _compiled(_WORDY).fullmatch(value) or _drawn(value):
        return False
    # NOTE: one word in quotes can be a password; several are a name or a sentence.
    return not quoted or not value.isalpha() or entropy(value) < 3.0
