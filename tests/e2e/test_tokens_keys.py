"""Keys and who signs with them: chatctl, openssl, the examples; and what sessions make of the files."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import jwt
import pytest

from raw import handshake
from serve import CHATCTL, ROOT, SESSION, environment
from tokens import Issuer, ask, now, taken

UNKNOWN = "the token is signed with a key that is not known here"
ED25519 = ["openssl", "genpkey", "-algorithm", "ed25519"]


@pytest.fixture
def config(runtime_dir):
    return runtime_dir.parent / "config"


@pytest.fixture
def keygen(config, chatctl):
    def keygen(kid):
        result = chatctl("keygen", kid)
        assert result.returncode == 0, result.stderr
        return Issuer(config, kid)

    return keygen


def openssl(*arguments, **options):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return subprocess.run(arguments, check=True, capture_output=True, timeout=20, **options).stdout


def refused(config, runtime_dir, **options):
    """What a session says that does not start."""
    env = environment(runtime_dir, CHAT_CONFIG_DIR=config, **options.pop("settings", {}))
    result = subprocess.run([SESSION], input=handshake(), capture_output=True, env=env, timeout=10, **options)
    assert (result.returncode, result.stdout) == (78, b""), result
    assert result.stderr.count(b"\n") == 1
    return result.stderr.decode()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_names_are_free_until_there_is_a_key(serving, keygen, config):
    server = serving()
    server.login("alice")
    keygen("k1")
    assert ask(server, "/ws?user=alice")[1].status == 401
    (config / "keys" / "k1.pub").unlink()
    server.login("alice")


@pytest.mark.parametrize("auth, status", [("open", 101), ("token", 401)])
def test_setting_comes_before_the_keys(serving, keygen, auth, status):
    keygen("k1")
    assert ask(serving(CHAT_AUTH=auth), "/ws?user=alice")[1].status == status


def test_tokens_without_a_key_are_78(config, runtime_dir):
    for made in (lambda: None, config.mkdir, (config / "keys").mkdir):
        made()
        said = refused(config, runtime_dir, settings={"CHAT_AUTH": "token"})
        assert "CHAT_AUTH" in said and f"{config}/keys" in said


def test_keys_are_rotated(server, keygen, chatctl):
    old = keygen("2025")
    new = keygen("2026")
    assert taken(server, old.token()) is True and taken(server, new.token()) is True
    assert taken(server, chatctl("token", "alice").stdout.strip()) is True
    old.public_file.unlink()
    old.secret_file.unlink()
    assert taken(server, old.token()) == UNKNOWN
    assert taken(server, new.token()) is True
    unnamed = old.sign({"alg": "EdDSA"}, {"sub": "alice", "exp": now() + 60})
    assert taken(server, unnamed) == "the token's signature is not good"


def test_connection_stays_when_its_key_goes(server, keygen):
    issuer = keygen("k1")
    keygen("k2")
    client, _ = ask(server, f"/ws?token={issuer.token()}")
    client.expect("welcome")
    issuer.public_file.unlink()
    client.request(type="login", token=issuer.token(exp=600))
    client.expect("welcome")


@pytest.mark.parametrize(
    "file, text",
    [
        ("k.pub", b""),
        ("k.pub", b"\0" * 2000),
        ("k.pub", b"-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n"),
        ("a key.pub", None),
        ("x" * 65 + ".pub", None),
    ],
    ids=repr,
)
def test_file_that_is_no_key_is_78(config, runtime_dir, keygen, file, text):
    good = keygen("good").public_file.read_bytes()
    (config / "keys" / file).write_bytes(good if text is None else text)
    assert f"{config}/keys/{file}: " in refused(config, runtime_dir)


def test_secret_key_in_place_of_a_public_one_is_78_and_is_not_said(config, runtime_dir, keygen):
    issuer = keygen("k1")
    secret = issuer.secret_file.read_text()
    issuer.public_file.write_text(secret)
    said = refused(config, runtime_dir)
    assert "k1.pub: is no public key" in said and secret.splitlines()[1] not in said


@pytest.mark.parametrize("algorithm", ["x25519", "ed448", "rsa"])
def test_key_of_another_kind_is_78(config, runtime_dir, keygen, algorithm):
    issuer = keygen("k1")
    secret = openssl("openssl", "genpkey", "-algorithm", algorithm)
    issuer.public_file.write_bytes(openssl("openssl", "pkey", "-pubout", input=secret))
    assert "k1.pub: is no public key of Ed25519" in refused(config, runtime_dir)


def test_file_that_is_none_is_78(config, runtime_dir, keygen):
    path = keygen("k1").public_file
    for made in (path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to("nowhere")):
        path.rmdir() if path.is_dir() else path.unlink()
        made()
        assert f"{path}: " in refused(config, runtime_dir)


def test_key_by_a_link_will_do(server, config, keygen):
    issuer = keygen("k1")
    issuer.public_file.rename(config / "elsewhere")
    issuer.public_file.symlink_to("../elsewhere")
    assert taken(server, issuer.token()) is True


def test_16_keys_and_no_more(server, config, runtime_dir, keygen):
    issuers = [keygen(f"k{number:02}") for number in range(16)]
    assert {taken(server, issuers[number].token()) for number in (0, 15)} == {True}
    keygen("k16")
    assert "over 16 keys" in refused(config, runtime_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("what", ["keys/k1.pub", "keys"])
def test_key_that_may_not_be_read_is_78(config, runtime_dir, keygen, what):
    keygen("k1")
    for above in list(runtime_dir.parents)[:2]:
        above.chmod(0o755)
    (config / what).chmod(0)
    assert "Permission denied" in refused(config, runtime_dir, user=65534)


def test_keygen_makes_two_files_for_whom_they_are(chatctl, config):
    old = os.umask(0o077)
    try:
        result = chatctl("keygen", "k1")
    finally:
        os.umask(old)
    secret, public = config / "keys" / "k1.key", config / "keys" / "k1.pub"
    assert result.returncode == 0 and result.stderr == ""
    assert [str(path) for path in (secret, public)] == [line.split()[0] for line in result.stdout.splitlines()]
    assert [mode(path) for path in (config, config / "keys", secret, public)] == [0o755, 0o755, 0o600, 0o644]
    assert openssl("openssl", "pkey", "-in", secret, "-pubout") == public.read_bytes()
    assert secret.read_text().splitlines()[1] not in result.stdout


def test_keygen_without_a_name_takes_the_time(chatctl, config):
    assert chatctl("keygen").returncode == 0
    (public,) = (config / "keys").glob("*.pub")
    assert re.fullmatch(r"20\d{6}T\d{6}Z", public.stem)


def test_keygen_overwrites_nothing(chatctl, keygen):
    issuer = keygen("k1")
    before = issuer.secret_file.read_bytes(), issuer.public_file.read_bytes()
    result = chatctl("keygen", "k1")
    assert result.returncode == 1 and "there is a key of that name" in result.stderr
    assert before == (issuer.secret_file.read_bytes(), issuer.public_file.read_bytes())
    issuer.secret_file.unlink()
    assert chatctl("keygen", "k1").returncode == 1
    assert not issuer.secret_file.exists()


@pytest.mark.parametrize("arguments", [("../k",), ("a/b",), ("",), (".k",), ("x" * 65,), ("--kid",), ("k1", "k2")], ids=repr)
def test_keygen_misused_is_64(chatctl, config, arguments):
    result = chatctl("keygen", *arguments)
    assert result.returncode == 64 and "keygen [KID]" in result.stderr
    assert not config.exists()


def test_keygen_where_it_cannot_be_is_an_error(chatctl, runtime_dir):
    assert chatctl("keygen", CHAT_CONFIG_DIR="/proc/none").returncode in (73, 77)
    assert chatctl("keygen", CHAT_CONFIG_DIR="relative").returncode == 78
    (runtime_dir / "file").write_text("")
    assert chatctl("keygen", CHAT_CONFIG_DIR=runtime_dir / "file").returncode == 73


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("arguments", [("keygen",), ("token", "alice")], ids=repr)
def test_who_may_not_is_77(runtime_dir, keygen, arguments):
    keygen("k1")
    for above in list(runtime_dir.parents)[:2]:
        above.chmod(0o755)
    assert subprocess.run([CHATCTL, *arguments], env=environment(runtime_dir), user=65534, capture_output=True, timeout=10).returncode == 77


def test_token_logs_in(server, keygen, chatctl):
    issuer = keygen("k1")
    result = chatctl("token", "alice")
    assert result.returncode == 0 and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]{86}\n", result.stdout)
    assert taken(server, result.stdout.strip()) is True
    assert stated(issuer, result.stdout)["header"] == {"alg": "EdDSA", "typ": "JWT", "kid": "k1"}


def stated(issuer, token):
    """What another library reads in a token, whose signature it checks."""
    token = token.strip()
    claims = jwt.decode(token, issuer.public_file.read_text(), algorithms=["EdDSA"], options={"verify_aud": False})
    return {"header": jwt.get_unverified_header(token), **claims}


@pytest.mark.parametrize("ttl, seconds", [(None, 3600), ("1", 1), ("90s", 90), ("5m", 300), ("12h", 43200), ("30d", 2592000), ("3650d", 315360000)])
def test_token_is_good_for_as_long_as_asked(keygen, chatctl, ttl, seconds):
    claims = stated(keygen("k1"), chatctl("token", "alice", *(["--ttl", ttl] if ttl else [])).stdout)
    assert claims["sub"] == "alice" and claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - now()) < 10


def test_token_is_for_the_audience(keygen, chatctl, serving):
    issuer = keygen("k1")
    token = chatctl("token", "alice", CHAT_AUDIENCE="chat").stdout
    assert stated(issuer, token)["aud"] == "chat"
    assert taken(serving(CHAT_AUDIENCE="chat"), token.strip()) is True
    assert taken(serving(), token.strip()) == "the token is for another audience"
    assert chatctl("token", "alice", CHAT_AUDIENCE="x" * 257).returncode == 78


def test_last_key_by_name_signs_or_the_one_named(keygen, chatctl):
    first, last = keygen("a"), keygen("b")
    assert stated(last, chatctl("token", "alice").stdout)["header"]["kid"] == "b"
    assert stated(first, chatctl("token", "alice", "--kid", "a").stdout)["header"]["kid"] == "a"


@pytest.mark.parametrize(
    "arguments",
    [(), ("../alice",), ("",), ("alice", "--ttl"), ("alice", "--ttl", "0"), ("alice", "--ttl", "-1"), ("alice", "--ttl", "1w"), ("alice", "--ttl", "1 h"),
     ("alice", "--ttl", "h"), ("alice", "--ttl", ""), ("alice", "--ttl", "3651d"), ("alice", "--ttl", "99999999999999999999"), ("alice", "--kid"),
     ("alice", "--kid", "../k1"), ("alice", "--kid", "sub/../k1"), ("alice", "--kid", ""), ("alice", "bob"), ("alice", "--x", "1")],
    ids=repr,
)  # fmt: skip
def test_token_misused_is_64(keygen, chatctl, arguments):
    keygen("k1")
    result = chatctl("token", *arguments)
    assert (result.returncode, result.stdout) == (64, "") and "token USER" in result.stderr


def test_token_without_a_key_is_1_and_with_a_bad_one_78(keygen, chatctl):
    assert chatctl("token", "alice").returncode == 1
    issuer = keygen("k1")
    assert chatctl("token", "alice", "--kid", "k2").returncode == 1
    issuer.secret_file.write_bytes(issuer.public_file.read_bytes())
    result = chatctl("token", "alice")
    assert (result.returncode, result.stdout) == (78, "") and "is no secret key" in result.stderr
    issuer.secret_file.unlink()
    result = chatctl("token", "alice")
    assert (result.returncode, result.stdout) == (1, "") and "keygen" in result.stderr


def test_help_lines_up_and_knows_the_settings(chatctl):
    text = chatctl("--help").stdout
    rows = [re.fullmatch(r"  (\w+) +(.*?) {2,}(\S.*)", line) for line in text.split("\n\n")[1].splitlines()]
    assert {"keygen", "token"} <= {row[1] for row in rows}
    assert len({row.start(3) for row in rows}) == 1
    assert "CHAT_CONFIG_DIR" in text
    for command in ("keygen", "token"):
        assert "CHAT_CONFIG_DIR (/etc/chat)" in chatctl(command, "--help").stdout


def test_operators_tools_need_no_token(server, keygen, chatctl):
    issuer = keygen("k1")
    client = server.connect(f"/ws?token={issuer.token('bob')}")
    client.expect("welcome")
    assert chatctl("send", "--from", "admin", "bob", "hello").returncode == 0
    client.expect("private_message", sender="admin", message="hello")
    assert "bob" in chatctl("who").stdout
    assert chatctl("ping", server.url()).returncode == 0
    assert chatctl("kick", "bob").returncode == 0
    assert client.closed() == 4002


def test_keys_and_tokens_of_openssl_are_taken(server, config, tmp_path):
    keys = config / "keys"
    keys.mkdir(parents=True)
    (keys / "o.key").write_bytes(openssl(*ED25519))
    (keys / "o.pub").write_bytes(openssl("openssl", "pkey", "-in", keys / "o.key", "-pubout"))

    def sign(signed):
        (tmp_path / "signed").write_bytes(signed)
        return openssl("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", keys / "o.key", "-in", tmp_path / "signed")

    issuer = Issuer(config, "o")
    for header in ({"alg": "EdDSA"}, {"alg": "EdDSA", "kid": "o"}):
        assert taken(server, issuer.sign(header, {"sub": "alice", "exp": now() + 60}, sign)) is True


def test_keys_of_openssl_sign(server, config, chatctl):
    keys = config / "keys"
    keys.mkdir(parents=True)
    (keys / "o.key").write_bytes(openssl(*ED25519))
    (keys / "o.pub").write_bytes(openssl("openssl", "pkey", "-in", keys / "o.key", "-pubout").replace(b"\n", b"\r\n"))
    assert taken(server, chatctl("token", "alice").stdout.strip()) is True


EXAMPLES = {"mint.py": ["/usr/bin/python3"], "mint.mjs": ["node"], "mint.sh": ["sh"]}


@pytest.fixture(params=EXAMPLES)
def mint(request, runtime_dir):
    program = EXAMPLES[request.param]
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")

    def mint(*arguments, **settings):
        argv = [*program, ROOT / "examples/tokens" / request.param, *arguments]
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, env=environment(runtime_dir, TMPDIR=runtime_dir, **settings))

    return mint


def test_example_mints_tokens(mint, serving, keygen, runtime_dir):
    issuer = keygen("k1")
    result = mint(issuer.secret_file, "alice", "60")
    assert (result.returncode, result.stderr) == (0, "")
    claims = stated(issuer, result.stdout)
    assert claims["header"]["kid"] == "k1" and claims["exp"] - claims["iat"] == 60
    assert taken(serving(), result.stdout.strip()) is True
    claims = stated(issuer, mint(issuer.secret_file, "alice").stdout)
    assert claims["exp"] - claims["iat"] == 3600 and "aud" not in claims
    assert taken(serving(CHAT_AUDIENCE="chat"), mint(issuer.secret_file, "alice", CHAT_AUDIENCE="chat").stdout.strip()) is True
    assert [path.name for path in runtime_dir.iterdir()] == ["bus"]


def test_example_says_what_it_lacks(mint, keygen):
    issuer = keygen("k1")
    for arguments in ((), (issuer.secret_file,), (Path("/nonexistent.key"), "alice"), (issuer.public_file, "alice")):
        result = mint(*arguments)
        assert result.returncode != 0 and result.stdout == "" and result.stderr
