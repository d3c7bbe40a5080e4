# SPDX-License-Identifier: Apache-2.0
"""Find the value that a name is given, whatever language it is given in.

One reading serves `.npmrc` lines, JSON (escaped or not), YAML scalars and blocks, TOML, XML
elements and attributes, shell, Dockerfile `ENV`/`ARG`, command-line flags, source code in the
usual languages, Kubernetes name/value pairs, SQL and CSV rows, and log traces of any of these.
"""

import re
from functools import cache
from typing import Final, NamedTuple

_REACH: Final = 4096
"""Bytes read after a name; a value that starts later is not its value."""

_NO_SIGN: Final = b" \t\r\n\\\"'`,)]}"
"""What may follow a name that is only used, not assigned to."""

_QUOTE: Final = rb"(?:\"\"\"|\'\'\'|\\*(?:[\"'`]|&quot;|&#34;|&apos;|u0022|u0027))"
_ASSIGN: Final = rb"""(?xs)
    (?:\x1b\[[0-9;]{0,16}[mK])*                       # a log's colours
    # the name's own closing quote
    (?:\\*(?:[\"'`]|&quot;|&\#34;|&apos;)|\\+(?:u002[27]|x2[27])|\\*)
    (?:\s?\\*[\])]){0,2}                              # os.environ["NAME"]
    (?:\x1b\[[0-9;]{0,16}[mK])*
    (?:
        # <name>NAME</name> <value>value</value>, <key>NAME</key> <string>value</string>
        </(?:name|key)>\s*<(?:value|string)>\s*
      # <name>value</name>, and <entry name="NAME" value="..." />
      | \s*/?>\s*(?:<value\s*=?\s*\\*[\"']?>?|<\w+>\s*)?
      | \s+(?:value|password|token)\s*=\s*
        # {"name": "NAME", "value": "..."} and YAML's name:/value: pairs
      | \s*,?\s*(?:-\s*)?\\*[\"']?(?:value|Value|VALUE)\\*[\"']?\s*[:=]\s*
        # types: NAME: str = , NAME string =, NAME as String =
      | \s*:\s*(?:&?'?[A-Za-z_][\w.\[\]<>|? ]{0,30})\s*=\s*
      | [ \t]+(?:string|String|str|as[ ]String|character[ ]varying)[ \t]*:?=[ \t]*
      | [ \t]*(?:=>|->|:{1,3}=|\?\?=|\|\|=|\?=|\+=|\.=|={1,3}|:)[ \t]*
      | [ \t]*,(?:(?=[^\s\"'`])|\s{0,80}(?=\\*[\"'`]))
        # Terraform: variable "NAME" { default = "..." }
      | \s*\{(?:\s*(?:type|description|sensitive)\s*=[^\n]*)*\s*default\s*=\s*
      | [ \t]*(?:%3[Dd]|\\u003[dD]|\\x3[dD]|&\#61;)
      | [ \t]+(?:is|to|IS|TO|as|AS)[ \t]+
      | [ \t]+
    )
    (?:\x1b\[[0-9;]{0,16}[mK])*
    (?:[|>][-+0-9]{0,2}[ \t]*(?:\r?\n|\\n)\s*)?       # YAML block scalars
    (?:@?[rbfuRBFUL]?(?=\\*[\"']))?                   # string prefixes
    (?:Bearer[ ]+|Basic[ ]+|token[ ]+)?
    """
_VALUE: Final = (
    rb"(?P<quote>" + _QUOTE + rb")(?P<quoted>\s{0,80}[^\r\n]{0,2048}?\s{0,80})(?P=quote)"
    rb"|(?P<block>" + _QUOTE + rb")?(?P<bare>\$\{\{.{0,200}?\}\}|\{\{.{0,200}?\}\}"
    # A bare value ends where a shell or the next parameter of a query begins, and is text.
    rb"|(?:[!#-%(-+\--:=?-[\]-_a-{}~]|[\xc2-\xf4][\x80-\xbf]{1,3}|&(?!&|\w+=|\s))+)"
)


_NAME: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

_CODE: Final = rb"\s*(?:[+.,;%)]|\?\?|\|\||&&)(?:\s|new[ ]|[A-Za-z_.]+\()"

_GIVES: Final = (
    rb"(?i)(?:^|[\s\"'(])(?:--?[\w.:/-]*"
    rb"|(?:env|arg|setx?|setenv|define|config|auth|login)(?:[ \t]+-\S+)*[ \t]+[^\s\"']*"
    rb"|\S+[ \t]+(?:set|login|auth))$"
)
_CREDENTIAL_LIKE: Final = rb"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[^\s:]{16,}"

_LISTED: Final = rb"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[^\s{}\\]{12,}"


class Assigned(NamedTuple):
    """The value after a name.

    Attributes:
        start: Offset of its first byte.
        end: Offset past its last byte.
        quoted: It stood in quotes.
    """

    start: int
    end: int
    quoted: bool


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


def value_after(data: bytes, name_end: int) -> Assigned | None:
    """Return the value assigned to the name that ends at `name_end`, if one is.

    Args:
        data: The text.
        name_end: Offset just past the name's last character.

    Returns:
        Offsets into `data`, or None where nothing is assigned within 4 KiB.
    """
    limit = min(len(data), name_end + _REACH)
    sign = _compiled(_ASSIGN).match(data, name_end, limit)
    if sign is None or (not sign.group().strip(_NO_SIGN) and _is_use(data, name_end)):
        return None
    value = _compiled(_VALUE).match(data, sign.end(), limit)
    if value is None:
        return None
    quoted = value["quoted"] is not None
    start, end = value.span("quoted" if quoted else "bare")
    while start < end and data[start] in b" \t\r\n":
        start += 1
    while end > start and data[end - 1] in b" \t\r\n":
        end -= 1
    if not quoted:
        end = _bare_end(data, name_end, start, end)
    elif _is_not_text(value["quote"], value["quoted"]):
        return None
    # NOTE: words in a list are names far more often than they are passwords.
    if b"," in data[name_end : sign.end()]:
        quoted = False
        if not _compiled(_LISTED).fullmatch(data, start, end):
            return None
    return Assigned(start, end, quoted) if end > start else None


def _is_not_text(quote: bytes, inside: bytes) -> bool:
    """Tell whether quotes hold a shell's command, or code that stands between two strings."""
    # A string that begins with a line break and holds words stands between two others.
    wrapped = inside.lstrip(b" \t").startswith((b"\n", b"\r", b"\\n"))
    if (quote == b"`" or wrapped) and b" " in inside.strip():
        return True
    return _compiled(_CODE).match(inside) is not None


def _bare_end(data: bytes, name_end: int, start: int, end: int) -> int:
    """Return where the bare value at `[start, end)` ends; `start` if it is none."""
    if _is_attribute(data, end):
        return start
    between = _compiled(rb"\x1b\[[0-9;]{0,16}[mK]").sub(b"", data[name_end:start])
    if between.isspace() and not _takes_word(data, name_end, data[start:end]):
        return start
    return _trim_bare(data, start, end)


def _is_use(data: bytes, name_end: int) -> bool:
    """Tell whether the name that ends at `name_end` is used there: `echo $NAME next`."""
    before = data[max(0, name_end - 128) : name_end]
    name = before.rstrip(_NAME)
    return name.endswith((b"$", b"${", b"%", b"@"))


def _takes_word(data: bytes, name_end: int, word: bytes) -> bool:
    """Tell whether a mere blank gives `word` to the name: of an option, in a Dockerfile, in `set`.

    Elsewhere names stand in prose and in lists of arguments, where a word that follows is only
    taken for the value if it looks like a credential.
    """
    line = data[max(data.rfind(b"\n", 0, name_end) + 1, name_end - 200) : name_end]
    return _compiled(_GIVES).search(line) is not None or (
        _compiled(_CREDENTIAL_LIKE).fullmatch(word) is not None
    )


def _is_attribute(data: bytes, end: int) -> bool:
    """Tell whether a bare value that ends at `end` is a name with a value: `Version="1.0"`."""
    return (
        data[end - 1 : end] == b"="
        and data[end : end + 1] in {b'"', b"'"}
        and (data[end + 1 : end + 2].isalnum())
    )


def _trim_bare(data: bytes, start: int, end: int) -> int:
    """Cut what ends a bare value in prose and code: closing brackets, a full stop."""
    while end > start and data[end - 1] in b")]}.:!?":
        closer = data[end - 1]
        opener = {0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B}.get(closer)
        if opener is not None and opener in data[start : end - 1]:
            break
        end -= 1
    return end
