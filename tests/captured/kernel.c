/* What is asked of the kernel: the network, programs and code, files, privileges. */
#include "attempts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in elsewhere;
static struct sockaddr_un abstract = {.sun_family = AF_UNIX};
static int terminal;

int
try_tcp(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

int
try_tcp6(void)
{
	return socket(AF_INET6, SOCK_STREAM, 0);
}

int
try_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

int
try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

int
try_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

int
try_raw(void)
{
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
listen_on_loopback(struct sockaddr_in *address)
{
	socklen_t size = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)address, size) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0)
		err(2, "loopback");
	return fd;
}

void
set_up_client(void)
{
	struct sockaddr_in here;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	listen_on_loopback(&here);
	listen_on_loopback(&elsewhere);
	if (fd < 0 || connect(fd, (struct sockaddr *)&here, sizeof here) < 0 || dup2(fd, STDIN_FILENO) < 0 || close(fd) < 0)
		err(2, "a client");
}

static int
turn(int fd)
{
	if (connect(fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)) < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&elsewhere, sizeof elsewhere);
}

int
try_turn_connection(void)
{
	return turn(STDIN_FILENO);
}

int
try_copy_connection(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD, 100);

	return fd < 0 ? -1 : turn(fd);
}

void
set_up_abstract(void)
{
	pid_t parent = getpid();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(abstract.sun_path, sizeof abstract.sun_path, "%cchat-captured-%ld", 0, (long)parent);
	if (fd < 0 || bind(fd, (struct sockaddr *)&abstract, sizeof abstract) < 0 || listen(fd, 1) < 0)
		err(2, "an abstract address");
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			sleep(1);
		_exit(0);
	}
	close(fd);
}

int
try_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&abstract, sizeof abstract);
}

int
try_execute(void)
{
	return execl("/bin/true", "true", NULL);
}

int
try_execute_descriptor(void)
{
	int fd = open("/bin/true", O_PATH | O_CLOEXEC); /* which opens nothing, and may be had */

	return (int)syscall(SYS_execveat, fd, "", (char *[]){(char *)"true", NULL}, environ, AT_EMPTY_PATH);
}

int
try_memory_file(void)
{
	return memfd_create("x", 0);
}

/* In the child it is over; in the parent that has been seen. */
static int
forked(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : waitpid((pid_t)pid, NULL, 0);
}

int
try_fork(void)
{
	return forked(fork());
}

int
try_vfork(void)
{
	return forked(syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL));
}

int
try_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};

	return forked(syscall(SYS_clone3, &args, sizeof args));
}

static int
mapped(void *at)
{
	return at == MAP_FAILED ? -1 : 0;
}

int
try_map_code(void)
{
	return mapped(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

int
try_make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mapped(at) < 0 ? -1 : mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

int
try_shared_code(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700), error;
	void *at;

	if (id < 0)
		return -1;
	at = shmat(id, NULL, SHM_EXEC);
	error = mapped(at);
	shmctl(id, IPC_RMID, NULL);
	return error;
}

int
try_code_everywhere(void)
{
	return personality(READ_IMPLIES_EXEC);
}

int
try_read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY);
}

int
try_list_root(void)
{
	return opendir("/") ? 0 : -1;
}

int
try_list_home(void)
{
	return opendir("/home") ? 0 : -1;
}

int
try_list_processes(void)
{
	return opendir("/proc") ? 0 : -1;
}

int
try_list_above(void)
{
	return opendir("..") ? 0 : -1;
}

int
try_write_temporary(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/tmp/chat-captured-%ld", (long)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int
try_write_runtime(void)
{
	return open("../x", O_WRONLY | O_CREAT, 0600);
}

int
try_make_fifo(void)
{
	return mkfifo(ME "/fifo", 0600);
}

int
try_make_symlink(void)
{
	return symlink("/etc/passwd", ME "/link");
}

int
try_go_elsewhere(void)
{
	return chdir("/");
}

int
try_watch_files(void)
{
	int fd = inotify_init1(0);

	return fd < 0 ? -1 : inotify_add_watch(fd, OTHER, IN_ALL_EVENTS);
}

int
try_mount(void)
{
	return mount("tmpfs", ME, "tmpfs", 0, NULL) < 0 ? -1 : umount(ME);
}

int
try_namespace(void)
{
	return unshare(CLONE_NEWNS);
}

int
try_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

int
try_become(void)
{
	return setuid(65533);
}

int
try_chroot(void)
{
	return chroot(".");
}

int
try_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};

	return (int)syscall(SYS_capset, &head, none);
}

int
try_ring(void)
{
	struct io_uring_params params = {0};

	return (int)syscall(SYS_io_uring_setup, 1, &params);
}

int
try_bpf(void)
{
	union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}

int
try_keys(void)
{
	return (int)syscall(SYS_add_key, "user", "chat-captured", "x", 1, -1 /* this thread's own */);
}

int
try_faults(void)
{
	return (int)syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY);
}

int
try_performance(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_CPU_CLOCK};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

int
try_kernel_log(void)
{
	return (int)syscall(SYS_syslog, 10 /* how large it is */, NULL, 0);
}

/* A file by its number, whatever the paths to it are. */
int
try_handle(void)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, at = open(".", O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, ".", &handle.head, &mount_id, 0) < 0)
		return -1;
	return open_by_handle_at(at, &handle.head, O_RDONLY);
}

int
try_clock(void)
{
	struct timex as_it_is = {0};

	return adjtimex(&as_it_is);
}

void
set_up_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (fork() != 0) /* a session of its own is for one that leads no group */
		for (int status;;)
			if (wait(&status) > 0)
				_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
	if (master < 0 || unlockpt(master) < 0 || setsid() < 0)
		err(2, "a terminal");
	terminal = open(ptsname(master), O_RDWR);
	if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
		err(2, "a terminal of its own");
}

int
try_type(void)
{
	return ioctl(terminal, TIOCSTI, "x");
}

void
set_up_limit(void)
{
	if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){10, 12}) < 0)
		err(2, "a limit");
}

int
try_raise_limit(void)
{
	return setrlimit(RLIMIT_NOFILE, &(struct rlimit){11, 12});
}

int
try_core(void)
{
	return setrlimit(RLIMIT_CORE, &(struct rlimit){0});
}

int
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1);
}

int
try_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, -1);
}

int
try_filter(void)
{
	struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &pass};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}
