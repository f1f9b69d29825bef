"""Makes tokens by hand, good ones and others, with the keys that chatctl made."""

import base64
import json
import time

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from raw import HANDSHAKE, Ended, handshake


def encode(data):
    if not isinstance(data, bytes):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def now():
    return int(time.time())


class Issuer:
    """Signs as a back end would; `exp` and the other times are seconds from now."""

    def __init__(self, config, kid):
        self.kid = kid
        self.secret_file = config / "keys" / f"{kid}.key"
        self.public_file = config / "keys" / f"{kid}.pub"
        self.key = load_pem_private_key(self.secret_file.read_bytes(), None)

    def sign(self, header, claims, sign=None):
        signed = f"{encode(header)}.{encode(claims)}"
        return f"{signed}.{encode((sign or self.key.sign)(signed.encode()))}"

    def token(self, user="alice", exp=60, header=(), **claims):
        times = {name: now() + claims.pop(name) for name in ("nbf", "iat") if name in claims}
        return self.sign({"alg": "EdDSA", "kid": self.kid, **dict(header)}, {"sub": user, "exp": now() + exp, **times, **claims})


def ask(server, target="/ws", *fields):
    """Asks for an upgrade: the client, and the head of the answer."""
    client = server.raw()
    client.send(handshake(target, [*HANDSHAKE, *fields]))
    return client, client.response_head()


def taken(server, token, user="alice"):
    """Whether a token logs its user in; else what is wrong with it."""
    client, answer = ask(server, "/ws", ("Authorization", f"Bearer {token}"))
    if answer.status == 101:
        client.expect("welcome", user=user)
        client.close()
        return True
    try:
        assert answer.status == 401, answer.status
        return client.rest().decode().strip()
    except Ended:
        return ""
    finally:
        client.close()
