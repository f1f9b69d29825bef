#!/usr/bin/python3
"""mint.py KEY USER [SECONDS]: prints a token with which USER logs in, signed with KEY (a file that chatctl keygen made).

A back end does this once it knows who asks. It needs python3-jwt and python3-cryptography.
"""
import os
import sys
import time
from pathlib import Path

import jwt


def mint(key, user, seconds):
    now = int(time.time())
    claims = {"sub": user, "iat": now, "exp": now + seconds}
    if os.environ.get("CHAT_AUDIENCE"):
        claims["aud"] = os.environ["CHAT_AUDIENCE"]
    return jwt.encode(claims, key.read_text(), algorithm="EdDSA", headers={"kid": key.stem})


if len(sys.argv) not in (3, 4):
    sys.exit("usage: mint.py KEY USER [SECONDS]")
print(mint(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else 3600))
