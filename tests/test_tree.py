"""What holds of the tree as a whole."""
import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
SRC = TOP / "src"

# Who may include whom, but for itself. ws and base stand alone.
MAY = {
    "base": set(),
    "ws": set(),
    "chat": {"base"},
    "sys": {"base", "chat"},
    "session": {"base", "ws", "chat", "sys"},
    "store": {"base", "ws", "chat", "sys"},
    "auth": {"base", "chat", "sys"},
    "ctl": {"base", "ws", "chat", "sys", "store", "auth"},
}

# One file knows each of these.
ONLY = {
    r"nng/": {"sys/wire.c"},
    r"cjson/": {"chat/jwt.c", "chat/login.c", "chat/msg.c", "chat/rows.c", "chat/text.c"},
    r"poll\.h": {"session/loop.c", "ctl/bus.c", "ctl/client.c", "store/main.c", "sys/roster.c"},  # roster asks a pidfd, and does not wait
    r"systemd/": {"sys/status.c", "ctl/who.c"},
    r"zlib\.h": {"ws/deflate.c"},
    r"sqlite3\.h": {"store/sql.c"},
    r"linux/": {"sys/sandbox.c"},  # Landlock, seccomp
}


def sources():
    return sorted(SRC.rglob("*.[ch]"))


def includes(path, bracket):
    pattern = {'"': r'^#include "([^"]+)"', "<": r"^#include <([^>]+)>"}[bracket]
    return re.findall(pattern, path.read_text(), re.M)


def folder_of(include, path):
    return include.split("/")[0] if "/" in include else path.parent.name


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(SRC)))
def test_a_file_includes_only_what_is_below_it(path):
    here = path.parent.name
    for include in includes(path, '"'):
        there = folder_of(include, path)
        assert there == here or there in MAY[here], f"{here} may not include {include}"


@pytest.mark.parametrize("pattern", ONLY)
def test_an_effect_is_known_to_one_place(pattern):
    users = {str(p.relative_to(SRC)) for p in sources() if any(re.match(pattern, i) for i in includes(p, "<"))}
    assert users == ONLY[pattern]


def nm(*arguments):
    return subprocess.run(["nm", *arguments], cwd=TOP, capture_output=True, text=True, check=True).stdout


def test_libws_needs_nothing_but_the_c_library_and_for_deflate_memory_and_zlib():
    own = set(re.findall(r" [TRDB] (\w+)", nm("--defined-only", "build/libws.a")))
    for path in sorted((SRC / "ws").glob("*.c")):
        needed = set(re.findall(r"U (\w+)", nm("-u", f"build/ws/{path.stem}.o"))) - own
        system = {s for s in needed if re.match(r"(__)?(mem|str|snprintf|stack_chk|_?GLOBAL_OFFSET)", s)}
        if path.stem == "deflate":
            system |= {s for s in needed if re.match(r"(calloc|realloc|free|(in|de)flate[A-Z]\w*|(in|de)flate(Init2_)?)$", s)}
        assert needed - system == set(), path.name


def test_the_pure_part_of_a_session_has_no_descriptor_in_it():
    effects = {"poll", "read", "write", "open", "close", "socket", "send", "recv", "fopen", "time", "clock_gettime"}
    for name in ["session", "request", "bearer", "door", "forwarded", "talk", "hear", "sent", "unsaved", "keeper", "course", "ask", "password", "post", "chain", "confirms", "inbox", "outbox", "recall", "seen"]:
        output = subprocess.run(["nm", "-u", f"build/session/{name}.o"], cwd=TOP, capture_output=True, text=True, check=True).stdout
        assert effects & set(re.findall(r"U (\w+)", output)) == set(), name


@pytest.mark.skipif(not (TOP / ".git").exists(), reason="not a git checkout")
def test_no_build_product_is_in_the_tree():
    output = subprocess.run(["git", "ls-files", "-ci", "--exclude-standard"], cwd=TOP, capture_output=True, text=True).stdout
    assert output == ""


def test_settings_of_the_code_and_of_the_manual_are_the_same():
    code = set(re.findall(r'"(CHAT_[A-Z_]+)"', (SRC / "sys/conf.c").read_text()))
    manual = set(re.findall(r"^\| `(CHAT_[A-Z_]+)`", (TOP / "docs/settings.md").read_text(), re.M))
    assert code == manual


def test_faults_of_libws_and_of_its_manual_are_the_same():
    code = (SRC / "ws/ws.c").read_text()
    code = code.replace("NOT_UTF8)", re.search(r'NOT_UTF8 ("[^"]+")', code)[1] + ")")
    whys = set(re.findall(r'fail\(ws, out, \w+, "([^"]+)"\)', code))
    whys |= set(re.findall(r'"(a[^"]+)"', code[code.index("\nhead_fault(") : code.index("\nws_code_valid(")]))
    assert len(whys) > 15
    assert whys == set(re.findall(r"^\| ([a-z][^|]+) \| 1\d\d\d \|", (SRC / "ws/README.md").read_text(), re.M))


def test_files_are_of_a_size_that_can_be_read():
    long = {str(p.relative_to(SRC)): n for p in sources() if (n := len(p.read_text().splitlines())) > 600}
    assert long == {}
    assert os.access(TOP / "build/chat-session", os.X_OK)


INSTALLED = {
    "lib/chat/chat-session", "bin/chatctl", "lib/sysusers.d/chat.conf", "lib/tmpfiles.d/chat.conf",
    "lib/systemd/system/chat.socket", "lib/systemd/system/chat@.service", "lib/systemd/system/chat.slice",
    "lib/systemd/system/chat-sweep.service", "lib/chat/chat-store", "lib/systemd/system/chat-store.service",
    "lib/chat/chat-auth", "lib/systemd/system/chat-auth.socket", "lib/systemd/system/chat-auth@.service",
}


def make(*arguments):
    subprocess.run(["make", "-s", *arguments], cwd=TOP, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_install_puts_all_under_the_prefix_and_uninstall_takes_it_away(tmp_path):
    def files():
        return {str(p.relative_to(tmp_path / "opt/chat")) for p in tmp_path.rglob("*") if p.is_file()}

    make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/chat")
    assert files() == INSTALLED
    unit = (tmp_path / "opt/chat/lib/systemd/system/chat@.service").read_text()
    assert "ExecStart=/opt/chat/lib/chat/chat-session\n" in unit and "@LIBEXECDIR@" not in unit
    make("uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/chat")
    assert files() == set()


def test_programs_are_hardened():
    for program in ["build/chat-session", "build/chat-auth", "build/chatctl"]:
        headers = subprocess.run(["readelf", "-Wlhd", program], cwd=TOP, capture_output=True, text=True, check=True).stdout
        assert "Type:                              DYN" in headers
        assert "GNU_RELRO" in headers and "BIND_NOW" in headers
        assert re.search(r"GNU_STACK.* RW ", headers)
