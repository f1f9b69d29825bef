/* The only file that knows Landlock and seccomp: raw system calls, for the C library has none, and the filters as const tables. */
#include "sys/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

/*
 * Landlock: landlock(7). Debian 12's header knows version 2 of it, the kernel may know later ones.
 */

#define FS_KNOWN_1 ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_TCP 3ULL             /* to bind, to connect */
#define SCOPED_ABSTRACT (1ULL << 0)
#define SCOPED_SIGNAL (1ULL << 1)

#define LOOK (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR) /* a user's folder that is empty goes */
#define KEEP (LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
              LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

struct ruleset {
	uint64_t fs, net, scoped;
};

static int missing; /* errno of why there is no Landlock */

/* Everything that this kernel can forbid. The service manager's socket may be an abstract one. */
static struct ruleset
all_known(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const char *notify = getenv("NOTIFY_SOCKET");
	struct ruleset all = {0};

	if (version < 1)
		missing = errno;
	if (version >= 1)
		all.fs = FS_KNOWN_1;
	if (version >= 2)
		all.fs |= FS_REFER;
	if (version >= 3)
		all.fs |= FS_TRUNCATE;
	if (version >= 4)
		all.net = NET_TCP;
	if (version >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (version >= 6)
		all.scoped = notify && *notify == '@' ? SCOPED_SIGNAL : SCOPED_SIGNAL | SCOPED_ABSTRACT;
	return all;
}

static int
allow(int rules, const char *directory, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {.allowed_access = access};
	long error;

	beneath.parent_fd = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return -1;
	error = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
	return (int)error;
}

/* Forbids all of `all` but what may be done in the directory that was entered, and in one of its folders. */
static int
enforce(const struct ruleset *all, uint64_t here, const char *folder, uint64_t in_folder)
{
	int rules, error = 0;

	if (all->fs == 0)
		return 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, all, sizeof *all, 0);
	if (rules < 0)
		return -1;
	if (here)
		error = allow(rules, ".", here & all->fs);
	if (error == 0 && folder)
		error = allow(rules, folder, in_folder & all->fs);
	if (error == 0)
		error = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return error;
}

/*
 * seccomp: seccomp(2). A call that is not in the table fails with EPERM and is logged; it does not kill. The C library may come
 * to use a call that it does not need, and each user whose session that killed would be a failed unit; and a captured process
 * gains nothing from an error. What the kernel takes as an int or as flags is looked at in its lower half, as the kernel does.
 */

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_ is this?"
#endif

#define FILTER_LOG 2 /* SECCOMP_FILTER_FLAG_LOG */
#define THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
                CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID) /* as pthread_create(3) asks, and nothing else that clone(2) can */

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)
#define PASS RETURN(SECCOMP_RET_ALLOW)
#define LOW(n) LOAD(offsetof(struct seccomp_data, args[n]))
#define HIGH(n) LOAD(offsetof(struct seccomp_data, args[n]) + 4)
#define UNLESS(test, value, skip) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), 0, skip) /* skips if the test fails */
#define IF(test, value, skip) BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), skip, 0)
#define CALL(name, len) UNLESS(BPF_JEQ, SYS_##name, len) /* what follows, of that length, is about this call */
#define BEGIN LOAD(offsetof(struct seccomp_data, arch)), IF(BPF_JEQ, ARCH, 1), RETURN(SECCOMP_RET_KILL_PROCESS), \
	LOAD(offsetof(struct seccomp_data, nr))

#define ALLOW(name) CALL(name, 1), PASS
#define ALLOW_IF(name, test, n, value) CALL(name, 4), LOW(n), UNLESS(test, value, 1), PASS, REFUSE
#define ALLOW_WITHOUT(name, n, bits) CALL(name, 4), LOW(n), IF(BPF_JSET, bits, 1), PASS, REFUSE
#define ALLOW_IF_NULL(name, n) CALL(name, 6), LOW(n), UNLESS(BPF_JEQ, 0, 3), HIGH(n), UNLESS(BPF_JEQ, 0, 1), PASS, REFUSE
#define ALLOW_IF_ONE_OF_3(name, n, a, b, c) CALL(name, 6), LOW(n), IF(BPF_JEQ, a, 2), IF(BPF_JEQ, b, 1), UNLESS(BPF_JEQ, c, 1), PASS, REFUSE

/* All that a session ever needs. The client is on the descriptors 0 and 1, where what a socket can be told by name or turned into
 * is not to be told it: a connection that is there must not become one to somebody else. For the same reason nothing that makes a
 * second descriptor of one is here (dup, recvmsg). */
static const struct sock_filter all_calls[] = {
	BEGIN,
	/* those that depend on what is asked for first: the kernel remembers that the others are allowed */
	ALLOW(futex),
	ALLOW_IF(socket, BPF_JEQ, 0, AF_UNIX),
	ALLOW_IF(bind, BPF_JGE, 0, STDERR_FILENO + 1),
	ALLOW_IF(listen, BPF_JGE, 0, STDERR_FILENO + 1),
	ALLOW_IF(connect, BPF_JGE, 0, STDERR_FILENO + 1),
	ALLOW_IF(accept, BPF_JGE, 0, STDERR_FILENO + 1),
	ALLOW_IF(sendmsg, BPF_JGE, 0, STDERR_FILENO + 1),
	ALLOW_IF_NULL(sendto, 4), /* to whom */
	ALLOW_IF(getsockopt, BPF_JEQ, 1, SOL_SOCKET),
	CALL(setsockopt, 7), LOW(1), UNLESS(BPF_JEQ, SOL_SOCKET, 4), LOW(2), IF(BPF_JEQ, SO_SNDBUF, 1), UNLESS(BPF_JEQ, SO_SNDBUFFORCE, 1), PASS, REFUSE,
	ALLOW_IF_ONE_OF_3(fcntl, 1, F_GETFL, F_SETFL, F_SETFD),
	ALLOW_WITHOUT(mmap, 2, PROT_EXEC),
	ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),
	ALLOW_IF(clone, BPF_JEQ, 0, THREAD),
	ALLOW_IF(prctl, BPF_JEQ, 0, PR_SET_NAME),
	ALLOW_IF_NULL(utimensat, 1), /* by descriptor */
	/* the client and the other connections */
	ALLOW(read), ALLOW(readv), ALLOW(write), ALLOW(writev), ALLOW(recvfrom), ALLOW(shutdown), ALLOW(close),
	ALLOW(ppoll), ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_pwait), ALLOW(eventfd2), ALLOW(pipe2),
	/* who is online, the spool; Landlock says where */
	ALLOW(openat), ALLOW(newfstatat), ALLOW(fstat), ALLOW(faccessat), ALLOW(getdents64), ALLOW(mkdirat), ALLOW(unlinkat),
	ALLOW(flock), ALLOW(ftruncate), ALLOW(umask), ALLOW(pidfd_open),
#ifdef __x86_64__
	ALLOW(poll), ALLOW(epoll_wait), ALLOW(access), ALLOW(mkdir), ALLOW(unlink), ALLOW(rmdir), ALLOW(time),
#endif
	/* threads, memory, time */
	ALLOW(rt_sigprocmask), ALLOW(rt_sigaction), ALLOW(rt_sigreturn), ALLOW(restart_syscall), ALLOW(set_robust_list), ALLOW(rseq),
	ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(tgkill), ALLOW(clone3), ALLOW(exit), ALLOW(exit_group),
	ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(sysinfo),
	ALLOW(getrandom), ALLOW(clock_gettime), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday),
	ALLOW(getpid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
	/* the second stage of this file */
	ALLOW(landlock_create_ruleset), ALLOW(landlock_add_rule), ALLOW(landlock_restrict_self), ALLOW(seccomp),
#ifdef __SANITIZE_ADDRESS__
	ALLOW(sigaltstack), ALLOW(readlink), ALLOW(readlinkat), ALLOW_IF_NULL(prlimit64, 2),
#endif
	REFUSE,
};

/* What there is no more need for with the login. */
static const struct sock_filter later_calls[] = {
	BEGIN,
	CALL(mkdirat, 1), REFUSE,
#ifdef __x86_64__
	CALL(mkdir, 1), REFUSE,
#endif
	CALL(landlock_create_ruleset, 1), REFUSE,
	CALL(landlock_add_rule, 1), REFUSE,
	CALL(landlock_restrict_self, 1), REFUSE,
	CALL(seccomp, 1), REFUSE,
	PASS,
};

static int
filter(const struct sock_filter *calls, size_t count, unsigned flags)
{
	struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)calls};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* clone3 has its flags where a filter can't look: the C library takes clone if there is none, and that is nothing to log each
 * time. abort(3) sends a signal, to this process. */
static int
filter_first(void)
{
	const struct sock_filter calls[] = {
		BEGIN,
		CALL(clone3, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
		ALLOW_IF(tgkill, BPF_JEQ, 0, getpid()),
		PASS,
	};

	return filter(calls, sizeof calls / sizeof *calls, 0);
}

int
sandbox_harden(void)
{
	struct rlimit none = {0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return -1;
	return setrlimit(RLIMIT_CORE, &none);
}

static struct ruleset known;
static int unfiltered; /* errno of why there is no seccomp */

int
sandbox_begin(bool entered)
{
	if (sandbox_harden() < 0)
		return -1;
	known = all_known();
	if (enforce(&known, entered ? LOOK | KEEP | LANDLOCK_ACCESS_FS_MAKE_DIR : 0, NULL, 0) < 0)
		return -1;
	if (filter_first() < 0)
		unfiltered = errno;
	if (!unfiltered && filter(all_calls, sizeof all_calls / sizeof *all_calls, FILTER_LOG) < 0)
		return -1;
	return 0;
}

int
sandbox_confine(const char *folder)
{
	if (enforce(&(struct ruleset){.fs = known.fs}, LOOK, folder, KEEP) < 0)
		return -1;
	if (!unfiltered && filter(later_calls, sizeof later_calls / sizeof *later_calls, FILTER_LOG) < 0)
		return -1;
	errno = missing;
	if (missing)
		log_line(LOG_WARNING, "no Landlock here, so a session that is captured may read and write what its user may: %m");
	errno = unfiltered;
	if (unfiltered)
		log_line(LOG_WARNING, "no seccomp here, so a session that is captured may use all of the kernel: %m");
	return 0;
}
