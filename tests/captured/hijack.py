"""Takes a process over as a debugger can: makes its first thread do a system call, and go on as if nothing had been."""
import contextlib
import ctypes
import errno
import os
import platform
import signal
import time

ATTACH, DETACH, SINGLESTEP, GETREGS, SETREGS = 16, 17, 9, 12, 13
RED_ZONE = 8192  # bytes below the stack that are left alone, and room for the arguments
WALL = 0x40000000
SYSCALL = b"\x0f\x05"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

possible = platform.machine() == "x86_64" and os.geteuid() == 0

CALLS = {"openat": 257, "socket": 41, "bind": 49, "mprotect": 10, "mmap": 9, "mkdir": 83, "unlink": 87, "kill": 62, "getpid": 39, "dup": 32,
         "prctl": 157, "seccomp": 317, "close": 3, "rmdir": 84, "execve": 59}


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs").split()]


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace: {os.strerror(error)}")


def stopped(pid, by):
    while True:
        _, status = os.waitpid(pid, WALL)
        assert os.WIFSTOPPED(status), status
        if os.WSTOPSIG(status) == by:
            return
        ptrace(SINGLESTEP, pid, os.WSTOPSIG(status))


class Hijacked:
    def __init__(self, pid):
        self.pid = pid
        self.memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        self.saved = self.registers()
        assert os.pread(self.memory, 2, self.saved.rip - 2) == SYSCALL, "it does not wait in the kernel"

    def registers(self):
        registers = Registers()
        ptrace(GETREGS, self.pid, ctypes.addressof(registers))
        return registers

    def call(self, name, *arguments):
        """What the call returned, or the name of its error. Bytes are put where the process can see them."""
        registers = Registers.from_buffer_copy(self.saved)
        room = (self.saved.rsp - RED_ZONE) & ~15
        values = []
        for argument in arguments:
            if isinstance(argument, bytes):
                os.pwrite(self.memory, argument, room)
                argument, room = room, room + (len(argument) + 15 & ~15)
            values.append(argument & (1 << 64) - 1)
        for register, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), values + [0] * 6):
            setattr(registers, register, value)
        registers.rax, registers.orig_rax, registers.rip = CALLS[name], (1 << 64) - 1, self.saved.rip - 2
        ptrace(SETREGS, self.pid, ctypes.addressof(registers))
        ptrace(SINGLESTEP, self.pid)
        stopped(self.pid, signal.SIGTRAP)
        result = ctypes.c_longlong(self.registers().rax).value
        return errno.errorcode[-result] if -4096 < result < 0 else result


@contextlib.contextmanager
def hijack(pid):
    ptrace(ATTACH, pid)
    stopped(pid, signal.SIGSTOP)
    it = Hijacked(pid)
    try:
        yield it
    finally:
        ptrace(SETREGS, pid, ctypes.addressof(it.saved))
        ptrace(DETACH, pid)
        os.close(it.memory)


def settle(pid, seconds=5):
    """Waits until the process waits."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/syscall") as file:
            if file.read().split()[0] == "271":  # ppoll
                return
        time.sleep(0.01)
    raise TimeoutError(f"process {pid} does not come to rest")


AT_FDCWD = -100
AF_UNIX, AF_INET, STREAM = 1, 2, 1
WRITE_CREATE = 0o101
PROTECTION = 5  # to be read and executed
PRIVATE = 0x22  # and anonymous
NOTHING = -1


def address(path):
    return AF_UNIX.to_bytes(2, "little") + path.encode() + b"\0"


def attempts(it, other, pid):
    """What SECURITY.md says can't be done, done to the folder of another user on the bus, whose process is `pid`: the answers."""
    def listen_at(path):
        fd = it.call("socket", AF_UNIX, STREAM, 0)
        got = it.call("bind", fd, address(path), 2 + len(path) + 1)
        it.call("close", fd)
        return got

    return {
        "read-passwd": it.call("openat", AT_FDCWD, b"/etc/passwd\0", 0, 0),
        "list-root": it.call("openat", AT_FDCWD, b"/\0", 0, 0),
        "write-temporary": it.call("openat", AT_FDCWD, b"/tmp/chat-hijacked\0", WRITE_CREATE, 0o600),
        "make-endpoint": listen_at(f"{other}/77"),
        "make-spool": it.call("openat", AT_FDCWD, f"{other}/unsaved.9\0".encode(), WRITE_CREATE, 0o600),
        "make-folder": it.call("mkdir", b"invented\0", 0o700),
        "signal": it.call("kill", pid, 0),
        "tcp": it.call("socket", AF_INET, STREAM, 0),
        "map-code": it.call("mmap", 0, 4096, PROTECTION, PRIVATE, NOTHING, 0),
        "copy-connection": it.call("dup", 0),
        "remove-endpoint": it.call("unlink", f"{other}/{pid}\0".encode()),
    }


REFUSED = {
    "read-passwd": "EACCES", "list-root": "EACCES", "write-temporary": "EACCES", "make-endpoint": "EACCES", "make-spool": "EACCES",
    "make-folder": "EPERM", "signal": "EPERM", "tcp": "EPERM", "map-code": "EPERM", "copy-connection": "EPERM", "remove-endpoint": "EACCES",
}
BEFORE_THE_LOGIN = {"read-passwd", "list-root", "write-temporary", "signal", "tcp", "map-code", "copy-connection"}
