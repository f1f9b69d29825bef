import socket
import subprocess
from pathlib import Path

import pytest

from peer import Peer

ECHO = Path(__file__).resolve().parents[2] / "build" / "examples" / "echo"


class Echo:
    """Starts examples/echo as inetd would: one process a connection, the socket on 0 and 1."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.peers = []

    def connect(self):
        ours = socket.create_connection(self.listener.getsockname())
        theirs, _ = self.listener.accept()
        with theirs:
            theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            process = subprocess.Popen([ECHO], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE)
        self.peers.append(Peer(ours, process))
        return self.peers[-1]


@pytest.fixture(scope="session")
def listening():
    if not ECHO.exists():
        pytest.exit(f"not built: {ECHO}", returncode=2)
    echo = Echo()
    yield echo
    echo.listener.close()


@pytest.fixture
def echo(listening):
    yield listening
    for peer in listening.peers:
        peer.kill()
    listening.peers.clear()
