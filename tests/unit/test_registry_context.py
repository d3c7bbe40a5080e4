# SPDX-License-Identifier: Apache-2.0
"""What the surroundings of a credential tell: its host, its user, its end."""

import random
from functools import cache

import pytest
from tests.conftest import Token

from stanch.catalog import hosts, rules
from stanch.detect import Engine
from stanch.detect.encoded import json_view
from stanch.model import Confidence, Match

SECRET = "Qx7hG2kLm9pRt4VwZs"


@cache
def _engine() -> Engine:
    return Engine(rules(), hosts())


def _found(text: str) -> list[Match]:
    return _engine().matches(text.encode())


def _one(text: str) -> Match:
    (match,) = _found(text)
    return match


def _registry(match: Match) -> str:
    return _engine().registry(match.rule, str(match.facts.get("host", "")))


def test_maven_server_takes_the_host_of_its_repository() -> None:
    """A server's password belongs to the host of the repository or mirror with its id."""
    match = _one(
        f"<settings><servers><server><id>lib</id><username>ci</username>"
        f"<password>{SECRET}</password></server></servers><profiles><profile><repositories>"
        "<repository><id>other</id><url>https://other.corp.example/x</url></repository>"
        "<repository><id>lib</id><url>https://maven.corp.example/lib</url></repository>"
        "</repositories></profile></profiles></settings>"
    )
    assert {"host": "maven.corp.example", "user": "ci", "server": "lib"} == dict(match.facts)


@pytest.mark.parametrize(
    "server", ["central", "ossrh", "sonatype-nexus-staging", "maven-central", "central-portal"]
)
def test_maven_server_of_central_is_sonatypes(server: str) -> None:
    """The ids that Maven Central's guides use are Sonatype's."""
    text = f"<server><id>{server}</id><password>{SECRET}</password></server>"
    assert "sonatype" == _registry(_one(text))


def test_maven_password_in_a_comment_counts_unless_it_is_words() -> None:
    """A comment may hold a password that was used; words in one only show where to write it."""
    server = "<!-- <server><id>a</id><password>{}</password></server> -->"
    assert [] == _found(server.format("somepassphrase"))
    assert SECRET.encode() == _one(server.format(SECRET)).secret.reveal()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (f"curl -u ci:{SECRET} https://nexus.corp.example/repository/a", "nexus.corp.example"),
        (f"curl https://corp.example/artifactory/a --user 'ci:{SECRET}'", "corp.example"),
        (f"skopeo copy --src-creds=ci:{SECRET} docker://r.corp.example/a b", "r.corp.example"),
        (f'Credentials("R", "m.corp.example", "ci", "{SECRET}")', "m.corp.example"),
    ],
)
def test_commands_tell_host_and_user(text: str, host: str) -> None:
    """A command that hands over a user's password names the host that it goes to."""
    match = _one(text)
    assert {"host": host, "user": "ci"} == dict(match.facts)
    assert SECRET.encode() == match.secret.reveal()


def test_a_request_to_any_other_host_is_no_registrys() -> None:
    """A password that goes to some web service is none of ours."""
    assert [] == _found(f"curl -u ci:{SECRET} https://api.corp.example/v1/users")


def test_maven_encrypted_password_is_safe_without_its_master() -> None:
    """An encrypted password is reported only where the master password stands beside it."""
    encrypted = "{" + SECRET * 2 + "=}"
    server = f"<servers><server><id>a</id><password>{encrypted}</password></server></servers>"
    master = f"<settingsSecurity><master>{encrypted}</master></settingsSecurity>"
    assert [] == _found(server)
    assert ["maven-settings-password", "maven-master-password"] == [
        match.rule for match in _found(server + master)
    ]


def test_maven_character_data_is_read() -> None:
    """The password in a CDATA section is the text inside it."""
    match = _one(f"<server><id>a</id><password><![CDATA[{SECRET}]]></password></server>")
    assert SECRET.encode() == match.secret.reveal()


def test_gradle_password_takes_the_url_of_its_repository() -> None:
    """Of several repositories, the one around the block gives the host."""
    match = _one(
        'maven { url "https://one.corp.example/m" }\n'
        'maven {\n  url = uri("https://two.corp.example/m")\n'
        f'  credentials {{\n    username = "ci"\n    password = "{SECRET}"\n  }}\n}}\n'
        'maven { url "https://three.corp.example/m" }\n'
    )
    assert {"host": "two.corp.example", "user": "ci"} == dict(match.facts)


@pytest.mark.parametrize(
    "password",
    [
        f"password '{SECRET}'",
        f'password = "{SECRET}"',
        f'password("{SECRET}")',
        f'password.set("{SECRET}")',
        f'setPassword("{SECRET}")',
        f'password = findProperty("x") ?: "{SECRET}"',
        f'password = System.getenv("X") ?: "{SECRET}"',
        f"password = System.getProperty('x', '{SECRET}')",
        f'username "ci"; password "{SECRET}"',
    ],
)
def test_gradle_password_is_read_in_every_syntax(password: str) -> None:
    """Groovy and Kotlin write it in several ways, and as the default of an expression."""
    assert SECRET.encode() == _one(f"credentials {{\n  {password}\n}}").secret.reveal()


def test_terraform_variable_tells_the_host() -> None:
    """In `TF_TOKEN_…` one underscore is a dot and two are a hyphen."""
    match = _one(f"TF_TOKEN_my__registry_corp_example={SECRET}")
    assert "my-registry.corp.example" == match.facts["host"]


def test_terraform_credentials_are_read_entry_by_entry() -> None:
    """Every host of `credentials.tfrc.json` has its own token."""
    found = _found(
        f'{{"credentials": {{"a.corp.example": {{"token": "{SECRET}1"}},'
        f' "b.corp.example": {{"token": "{SECRET}2"}}}}}}'
    )
    assert ["a.corp.example", "b.corp.example"] == [match.facts["host"] for match in found]


def test_pub_credentials_tell_their_end() -> None:
    """The access token ends when the file says; the refresh token has no end."""
    found = _found(
        f'{{"accessToken":"ya29.{SECRET}","refreshToken":"1//0{SECRET}",'
        '"tokenEndpoint":"https://accounts.google.com/o/oauth2/token",'
        '"scopes":["openid"],"expiration":1700000000000}'
    )
    assert [("pubdev", True), ("pubdev", None)] == [
        (_registry(match), match.facts.get("expired")) for match in found
    ]
    assert {Confidence.VERIFIED} == {match.confidence for match in found}


def test_jetbrains_token_tells_its_owner(token: Token) -> None:
    """The first two parts of a permanent token are its owner and its name."""
    match = _one(f"PUBLISH_TOKEN={token('jetbrains-permanent-token')}")
    assert {"owner", "name"} == set(match.facts)
    assert match.confidence is Confidence.VERIFIED


def test_conda_token_is_proved_by_its_form(token: Token) -> None:
    """anaconda.org's own form is proved on any host; forum topics are not tokens."""
    issued = token("conda-channel-token")
    assert _one(f"https://conda.corp.example/t/{issued}/main").confidence is Confidence.VERIFIED
    assert [] == _found("https://forum.corp.example/t/a-topic-about-channels-2024/17")


@pytest.mark.parametrize("seed", range(20))
def test_hugging_face_token_is_told_from_identifiers(seed: int) -> None:
    """Letters drawn at random are a token; camel case of the same length is not."""
    words = ["display", "Characteristic", "Types", "Required", "For", "Meta", "Data", "View"]
    random.Random(seed).shuffle(words)
    identifier = "hf_" + "".join(words)[:34]
    assert [] == _found(f"- (id){identifier};")


@pytest.mark.parametrize(
    "name", ["ossrhPassword", "OSSRH_PASSWORD", "mavenCentralPassword", "SONATYPE_TOKEN"]
)
def test_variables_of_central_are_sonatypes(name: str) -> None:
    """A publishing variable is Sonatype's, also as a project property of Gradle."""
    for text in (f"{name}={SECRET}", f"export ORG_GRADLE_PROJECT_{name}={SECRET}"):
        assert "sonatype" == _registry(_one(text))


def test_structures_are_read_in_strings() -> None:
    """A structure inside a JSON string is read, its escapes undone."""
    match = _one(
        'x = "{\\"hosted\\":[{\\"url\\":\\"https://dart.corp.example\\",'
        f'\\"token\\":\\"{SECRET}\\"}}]}}"'
    )
    assert (SECRET.encode(), ("json-string",)) == (match.secret.reveal(), match.decoded)


def test_an_escape_is_no_letter() -> None:
    """Every byte of an escape stands where what it writes begins."""
    view = json_view(b'"a\\twine"', 0, 1)
    assert view is not None
    assert [0, 1, 2, 2, 3, 4] == [view.decoded_offset(offset) for offset in range(6)]
