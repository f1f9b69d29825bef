"""The proxies of examples/proxy, before a service on loopback, with a certificate made on the spot."""

import base64
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from serve import wait_until

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "proxy"
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
NAME = "chat.example"
LIFE = "2"  # days


def tool(name):
    return shutil.which(name, path=PATH) or pytest.skip(f"no {name}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Certificate:
    def __init__(self, directory):
        self.chain, self.key, self.both = (directory / f"{name}.pem" for name in ("chain", "key", "both"))
        subprocess.run([tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", LIFE,
                        "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", self.key, "-out", self.chain],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)
        self.both.write_text(self.chain.read_text() + self.key.read_text())

    def context(self):
        return ssl.create_default_context(cafile=self.chain)

    def pin(self):
        """What Chromium calls its SPKI."""
        public = subprocess.run(["openssl", "x509", "-in", self.chain, "-noout", "-pubkey"], check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public, check=True, capture_output=True).stdout
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


def changed(text, *changes):
    for old, new in changes:
        assert old in text, f"the example has no {old!r} any more"
        text = text.replace(old, str(new))
    return text


class Proxy:
    """One example, with this machine's ports and paths in it."""

    def __init__(self, directory, certificate, upstream, changes=()):
        self.program = tool(self.name)
        self.directory, self.certificate = directory, certificate
        self.port, self.plain = free_port(), free_port()
        self.config = directory / self.example
        self.log = directory / "proxy.log"
        self.write(changed((EXAMPLES / self.example).read_text(), *changes, *self.places(upstream)))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        if not wait_until(self.listens, 10):
            self.stop()
            pytest.fail(self.log.read_text())

    def environment(self):
        return {**os.environ, "HOME": str(self.directory), "XDG_DATA_HOME": str(self.directory), "XDG_CONFIG_HOME": str(self.directory)}

    def write(self, text):
        self.config.write_text(text)

    def listens(self):
        with socket.socket() as probe:
            return self.process.poll() is None and probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Proxy):
    name, example, at_socket = "nginx", "nginx.conf", "unix:{}"

    def places(self, upstream):
        return [("server 127.0.0.1:8080", f"server {upstream}"), ("listen 443", f"listen 127.0.0.1:{self.port}"), ("listen [::]:443 ssl;", ""),
                ("listen 80", f"listen 127.0.0.1:{self.plain}"), ("listen [::]:80;", ""),
                ("/etc/ssl/chat/fullchain.pem", self.certificate.chain), ("/etc/ssl/chat/privkey.pem", self.certificate.key)]

    def command(self):
        main = self.directory / "main.conf"
        temporary = "".join(f"{kind}_temp_path {self.directory};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # One process, so that it may read what this user may, and ends with it.
        main.write_text(f"daemon off; master_process off; pid {self.directory}/pid; error_log stderr;\nevents {{}}\n"
                        f"http {{\naccess_log off;\n{temporary}include {self.config};\n}}\n")
        return [self.program, "-e", "stderr", "-p", self.directory, "-c", main]


class HAProxy(Proxy):
    name, example = "haproxy", "haproxy.cfg"

    def places(self, upstream):
        return [("127.0.0.1:8080", upstream), ("bind :443", f"bind 127.0.0.1:{self.port}"), ("bind :80", f"bind 127.0.0.1:{self.plain}"),
                ("/etc/haproxy/chat.pem", self.certificate.both)]

    def command(self):
        return [self.program, "-db", "-f", self.config]


class Caddy(Proxy):
    name, example, at_socket = "caddy", "Caddyfile", "unix/{}"

    def places(self, upstream):
        # Its own way to a certificate leads out of this machine.
        return [("reverse_proxy 127.0.0.1:8080", f"reverse_proxy {upstream}"), (f"\n{NAME} {{", f"\n{NAME}:{self.port} {{\n\tbind 127.0.0.1\n"
                 f"\ttls {self.certificate.chain} {self.certificate.key}")]

    def write(self, text):
        self.config.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n" + text)

    def command(self):
        return [self.program, "run", "--adapter", "caddyfile", "--config", self.config]
