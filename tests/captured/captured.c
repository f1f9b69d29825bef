/* captured list | try ROW | early ROW | nowhere ROW | free ROW: plays a session that was taken over. It enters the sandbox as chat-session does,
 * by the same object file and in the same order, and then tries one thing. `early` tries it before the login, `nowhere` when
 * there is no bus, `free` without the sandbox. Exit status: 0 it could, 1 it was refused, 2 that can't be tried here. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempts.h"
#include "chat/name.h"
#include "sys/roster.h"
#include "sys/sandbox.h"

/* The rows of SECURITY.md. `root`: only a privileged user could, so that is who tries. */
static const struct row {
	const char *name;
	int (*attempt)(void);
	void (*set_up)(void);
	const char *by;
} rows[] = {
	{"read-database", try_read_database, NULL, "user"},
	{"write-database", try_write_database, NULL, "user"},
	{"read-spool", try_read_spool, NULL, "user"},
	{"write-spool", try_write_spool, NULL, "user"},
	{"truncate-spool", try_truncate_spool, NULL, "user"},
	{"make-endpoint", try_make_endpoint, NULL, "user"},
	{"make-spool", try_make_spool, NULL, "user"},
	{"make-folder", try_make_folder, NULL, "user"},
	{"remove-endpoint", try_remove_endpoint, NULL, "user"},
	{"move-endpoint", try_move_endpoint, set_up_own, "user"},
	{"link-endpoint", try_link_endpoint, set_up_own, "user"},
	{"close-folder", try_close_folder, NULL, "user"},
	{"set-times", try_set_times, NULL, "user"},

	{"signal", try_signal, set_up_victim, "user"},
	{"signal-thread", try_signal_thread, set_up_victim, "user"},
	{"signal-pidfd", try_signal_pidfd, set_up_victim, "user"},
	{"signal-queue", try_signal_queue, set_up_victim, "user"},
	{"signal-descriptor", try_signal_descriptor, set_up_victim, "user"},
	{"trace", try_trace, set_up_victim, "user"},
	{"be-traced", try_be_traced, NULL, "user"},
	{"read-memory", try_read_memory, set_up_victim, "user"},
	{"open-memory", try_open_memory, set_up_victim, "user"},
	{"read-environment", try_read_environment, set_up_victim, "user"},
	{"take-descriptor", try_take_descriptor, set_up_victim, "user"},
	{"compare", try_compare, set_up_victim, "user"},
	{"limit-other", try_limit_other, set_up_victim, "user"},
	{"slow-other", try_slow_other, set_up_victim, "user"},

	{"tcp", try_tcp, NULL, "user"},
	{"tcp6", try_tcp6, NULL, "user"},
	{"udp", try_udp, NULL, "user"},
	{"netlink", try_netlink, NULL, "user"},
	{"packet", try_packet, NULL, "root"},
	{"raw", try_raw, NULL, "root"},
	{"turn-connection", try_turn_connection, set_up_client, "user"},
	{"copy-connection", try_copy_connection, set_up_client, "user"},
	{"abstract", try_abstract, set_up_abstract, "user"},

	{"execute", try_execute, NULL, "user"},
	{"execute-descriptor", try_execute_descriptor, NULL, "user"},
	{"memory-file", try_memory_file, NULL, "user"},
	{"fork", try_fork, NULL, "user"},
	{"vfork", try_vfork, NULL, "user"},
	{"clone3", try_clone3, NULL, "user"},
	{"map-code", try_map_code, NULL, "user"},
	{"make-code", try_make_code, NULL, "user"},
	{"shared-code", try_shared_code, NULL, "user"},
	{"code-everywhere", try_code_everywhere, NULL, "user"},

	{"read-passwd", try_read_passwd, NULL, "user"},
	{"list-root", try_list_root, NULL, "user"},
	{"list-home", try_list_home, NULL, "user"},
	{"list-processes", try_list_processes, NULL, "user"},
	{"list-above", try_list_above, NULL, "user"},
	{"write-temporary", try_write_temporary, NULL, "user"},
	{"write-runtime", try_write_runtime, NULL, "user"},
	{"make-fifo", try_make_fifo, NULL, "user"},
	{"make-symlink", try_make_symlink, NULL, "user"},
	{"go-elsewhere", try_go_elsewhere, NULL, "user"},
	{"watch-files", try_watch_files, NULL, "user"},

	{"mount", try_mount, NULL, "root"},
	{"namespace", try_namespace, NULL, "root"},
	{"user-namespace", try_user_namespace, NULL, "user"},
	{"become", try_become, NULL, "root"},
	{"chroot", try_chroot, NULL, "root"},
	{"capabilities", try_capabilities, NULL, "user"},
	{"ring", try_ring, NULL, "user"},
	{"bpf", try_bpf, NULL, "root"},
	{"keys", try_keys, NULL, "user"},
	{"faults", try_faults, NULL, "user"},
	{"performance", try_performance, NULL, "root"},
	{"kernel-log", try_kernel_log, NULL, "root"},
	{"handle", try_handle, NULL, "root"},
	{"clock", try_clock, NULL, "root"},
	{"type", try_type, set_up_terminal, "root"},
	{"raise-limit", try_raise_limit, set_up_limit, "user"},
	{"core", try_core, NULL, "user"},
	{"dumpable", try_dumpable, NULL, "user"},
	{"priority", try_priority, NULL, "root"},
	{"filter", try_filter, NULL, "user"},
};

static const struct row *
find(const char *name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	errx(2, "no row %s", name);
}

/* As main.c and loop.c of chat-session. */
static void
enter(const struct row *row, const char *how)
{
	bool nowhere = strcmp(how, "nowhere") == 0, early = nowhere || strcmp(how, "early") == 0, confined = early || strcmp(how, "try") == 0;
	const char *runtime = getenv("CHAT_RUNTIME_DIR");
	struct name me;

	name_make(&me, ME, strlen(ME));
	if (!runtime || (!nowhere && roster_enter(runtime) < 0))
		err(2, "CHAT_RUNTIME_DIR");
	if (row->set_up)
		row->set_up();
	if (confined && sandbox_begin(!nowhere) < 0)
		err(2, "sandbox_begin");
	if (early)
		return;
	if (roster_prepare(&me) < 0)
		err(2, "roster_prepare");
	if (confined && sandbox_confine(ME) < 0)
		err(2, "sandbox_confine");
}

int
main(int argc, char **argv)
{
	const struct row *row;
	int got;

	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			printf("%s %s\n", rows[i].name, rows[i].by);
		return 0;
	}
	if (argc != 3)
		errx(2, "usage: captured list | try ROW | early ROW | nowhere ROW | free ROW");
	database = getenv("DATABASE");
	row = find(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* or it would ask the kernel what standard output is */
	enter(row, argv[1]);
	got = row->attempt();
	if (got < 0)
		puts(strerrorname_np(errno));
	fflush(stdout);
	_exit(got < 0);
}
