"""A whole machine for a test: a container with a systemd of its own.

It boots in about a second, over an overlay of this machine's root, so what is installed here is there too, and
what happens there leaves no trace here. All mounts are made in a mount namespace of this process: they are gone
with it, whatever ends it.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)

# What a bare machine does not have and a developer's may: it would start with the container, or keep it waiting.
MASKED = ["dbus.service", "dbus.socket", "getty.target", "systemd-firstboot.service", "systemd-journal-flush.service",
          "systemd-logind.service", "systemd-machine-id-commit.service", "systemd-networkd.service",
          "systemd-networkd.socket", "systemd-resolved.service", "systemd-timesyncd.service",
          "systemd-tmpfiles-clean.timer"]


# What a test measures and does not judge: printed at the end of a run.
figures = []


class Unavailable(Exception):
    """This machine can't have such a container; the text says why."""


def until(ask, expected, patience=30):
    """Asks again and again, for what is expected may take a moment."""
    deadline = time.monotonic() + patience
    while (answer := ask()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answer == expected


def check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def require():
    if os.geteuid() != 0:
        raise Unavailable("booting a container needs root")
    for tool, package in (("systemd-nspawn", "systemd-container"), ("nsenter", "util-linux"), ("make", "make")):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool} here (Debian package {package})")
    if not os.path.exists("/lib/systemd/systemd"):
        raise Unavailable("no systemd here (Debian package systemd)")


class Cgroup:
    """A cgroup of our own for the container, so that two at a time don't share one. The first folder is the one
    that its systemd uses."""

    def __init__(self, name):
        self.folders = []
        self.unified = False
        own = dict(line.rstrip("\n").split(":", 2)[1:] for line in open("/proc/self/cgroup"))
        for line in open("/proc/self/mountinfo"):
            before, after = line.split(" - ")
            point = pathlib.Path(before.split()[4])
            kind, _, options = after.split()[:3]
            if kind == "cgroup2":
                path = own.get("", "/")
            elif kind == "cgroup" and "name=systemd" in options.split(","):
                path = own.get("name=systemd", "/")
            else:
                continue
            folder = point / path.lstrip("/") / name
            with contextlib.suppress(OSError):
                folder.mkdir()
                self.folders.append(folder)
                self.unified |= kind == "cgroup2"

    def enter(self):
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    def processes(self, below=""):
        """The processes, as this machine numbers them, of a slice or unit in the container."""
        found = set()
        for folder in self.folders:
            for procs in folder.glob(f"**/{below}/**/cgroup.procs"):
                with contextlib.suppress(OSError):
                    found.update(int(pid) for pid in procs.read_text().split())
        return found

    def remove(self, patience=5):
        deadline = time.monotonic() + patience
        for folder in self.folders:
            while folder.exists() and time.monotonic() < deadline:
                for inner in sorted(folder.glob("**/"), reverse=True):
                    with contextlib.suppress(OSError):
                        inner.rmdir()


class Machine:
    def __init__(self):
        require()
        self.nspawn = None
        self.leader = None
        self.cgroup = None
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="chat-machine."))
        self.root = self.base / "root"
        self.log = self.base / "log"
        try:
            self._mount()
            self._strip()
        except BaseException:
            self.close()
            raise

    def _mount(self):
        check(libc.unshare(CLONE_NEWNS), "unshare")
        # Nothing that is mounted from here on is seen outside. In a chroot "/" may be no mount point; then the
        # mounts are seen, and close() takes them away.
        subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50%", "tmpfs", self.base], check=True)
        for name in ("upper", "work", "root"):
            (self.base / name).mkdir()
        options = f"lowerdir=/,upperdir={self.base}/upper,workdir={self.base}/work"
        done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.root],
                              capture_output=True, text=True)
        if done.returncode:
            raise Unavailable("no overlay over / here: " + done.stderr.strip())

    def _strip(self):
        etc = self.root / "etc"
        system = etc / "systemd" / "system"
        (etc / "machine-id").unlink(missing_ok=True)
        (etc / "fstab").unlink(missing_ok=True)
        for wants in [*system.glob("*.wants"), *system.glob("*.requires"), *etc.glob("rc?.d")]:
            shutil.rmtree(wants)
        for unit in MASKED:
            (system / unit).unlink(missing_ok=True)
            (system / unit).symlink_to("/dev/null")
        journald = etc / "systemd" / "journald.conf.d"
        journald.mkdir(exist_ok=True)
        (journald / "test.conf").write_text("[Journal]\nStorage=volatile\nRateLimitBurst=0\n")

    def install(self, tree):
        subprocess.run(["make", "-C", tree, "install", f"DESTDIR={self.root}", "PREFIX=/usr"], check=True,
                       stdout=subprocess.DEVNULL, env={k: v for k, v in os.environ.items() if k != "MAKEFLAGS"})

    def boot(self, patience=60):
        self.cgroup = Cgroup(self.base.name)
        owner = os.getpid()

        def prepare():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != owner:
                os._exit(1)
            self.cgroup.enter()

        unified = "1" if self.cgroup.unified else "0"
        # The process namespace ends with its first process: so nothing of the container outlives this test run.
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                   "systemd-nspawn", "--quiet", "--boot", "--directory", self.root, "--register=no", "--keep-unit",
                   "--private-network", "--link-journal=no", "--console=pipe", "--timezone=off",
                   # nspawn forbids Landlock, by which a session locks itself in
                   "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
                   "systemd.unit=basic.target", "systemd.show_status=no"]
        with open(self.log, "ab") as log:
            self.nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           preexec_fn=prepare, start_new_session=True,
                                           # as Debian boots, also where this machine still has version 1 of cgroups
                                           env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": unified})
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.nspawn.poll() is None:
            self.leader = self._first_process()
            if self.leader and self.ask("systemctl", "is-system-running", ok=None) in ("running", "degraded"):
                return
            time.sleep(0.05)
        text = self.log.read_text(errors="replace")[-2000:]
        raise Unavailable(f"the container did not boot: {text.strip() or 'it said nothing'}")

    @staticmethod
    def _child(pid):
        with contextlib.suppress(OSError, ValueError):
            child, = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return int(child)
        return None

    def _first_process(self):
        """The container's process 1: the child of the child of unshare, but not before it has become systemd."""
        with contextlib.suppress(OSError):
            pid = self._child(self._child(self.nspawn.pid))
            if pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                return pid
        return None

    def run(self, *command, ok=(0,), patience=60):
        """Runs a command inside. ok: the exit statuses that are no surprise; None for any."""
        done = subprocess.run(["nsenter", "--target", str(self.leader), "--all", "--root", "--wd", *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "SYSTEMD_COLORS": "0",
                                   "COLUMNS": "200"})
        said = f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert ok is None or done.returncode in ok, said
        return done

    def ask(self, *command, **options):
        return self.run(*command, **options).stdout.strip()

    async def meanwhile(self, *command, **options):
        """Runs a command inside while the people of this test go on answering."""
        return await asyncio.to_thread(self.run, *command, **options)

    def journal(self, *match):
        """The entries of the journal that match, as dictionaries."""
        self.run("journalctl", "--sync")
        return [json.loads(line) for line in
                self.ask("journalctl", "--output=json", "--all", "--quiet", *match, ok=(0, 1)).splitlines()]

    def sessions(self, user):
        """The process ids of a user's sessions, as the machine numbers them: the names of the endpoints."""
        return self.ask("ls", f"/run/chat/bus/{user}").split()

    def unit(self, user):
        """The unit of a user's one session."""
        pid, = self.sessions(user)
        return self.ask("sh", "-c", f"tail -n1 /proc/{pid}/cgroup").rpartition("/")[2]

    @contextlib.contextmanager
    def network(self):
        """Sockets made by this thread meanwhile belong to the container's network."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        away = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY)
        try:
            check(libc.setns(away, CLONE_NEWNET), "setns")
            yield
        finally:
            check(libc.setns(home, CLONE_NEWNET), "setns")
            os.close(home)
            os.close(away)

    def halt(self):
        """Powers it off the way an operator would; after that it can be booted again."""
        self.run("systemctl", "poweroff", ok=None)
        self._end(patience=20)

    def _end(self, patience):
        if self.nspawn:
            try:
                self.nspawn.wait(patience)
            except subprocess.TimeoutExpired:
                self.nspawn.kill()
                self.nspawn.wait()
            self.nspawn = self.leader = None
        if self.cgroup:
            self.cgroup.remove()
            self.cgroup = None

    def close(self):
        self._end(patience=0)
        for point in (self.root, self.base):
            subprocess.run(["umount", "--lazy", point], stderr=subprocess.DEVNULL)
        self.base.rmdir()
