#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include <sys/types.h>

/* What the test prepared. Paths but `database` are relative to the directory of the bus. */
#define ME "mallory"
#define OTHER "alice" /* whose folder has an endpoint, 1, and a spool, unsaved.1 */
#define ABSENT "carol"
extern const char *database;

/* Each set_up_ is done before the sandbox and ends the program if it can't be; each try_ is what a captured session does: 0 or
 * more if it could, or -1 with errno. */
void set_up_own(void);      /* an endpoint in one's own folder */
void set_up_victim(void);   /* another process of the same user; ends with this one */
void set_up_client(void);   /* a TCP connection on descriptor 0, and somebody else who listens */
void set_up_abstract(void); /* a process that listens at an abstract address */
void set_up_terminal(void); /* this process's own */
void set_up_limit(void);    /* one that may be raised again */

int try_read_database(void), try_write_database(void), try_read_spool(void), try_write_spool(void), try_truncate_spool(void);
int try_make_endpoint(void), try_make_spool(void), try_make_folder(void), try_remove_endpoint(void), try_move_endpoint(void);
int try_link_endpoint(void), try_close_folder(void), try_set_times(void);

int try_signal(void), try_signal_thread(void), try_signal_pidfd(void), try_signal_queue(void), try_signal_descriptor(void);
int try_trace(void), try_read_memory(void), try_open_memory(void), try_read_environment(void), try_take_descriptor(void);
int try_limit_other(void), try_slow_other(void), try_compare(void), try_be_traced(void);

int try_tcp(void), try_udp(void), try_tcp6(void), try_netlink(void), try_packet(void), try_raw(void);
int try_turn_connection(void), try_copy_connection(void), try_abstract(void);

int try_execute(void), try_execute_descriptor(void), try_fork(void), try_vfork(void), try_clone3(void), try_map_code(void);
int try_make_code(void), try_code_everywhere(void), try_memory_file(void), try_shared_code(void);

int try_read_passwd(void), try_list_root(void), try_list_home(void), try_list_processes(void), try_list_above(void);
int try_write_temporary(void), try_write_runtime(void), try_make_fifo(void), try_make_symlink(void), try_go_elsewhere(void);
int try_watch_files(void);

int try_mount(void), try_user_namespace(void), try_namespace(void), try_become(void), try_chroot(void), try_capabilities(void);
int try_ring(void), try_bpf(void), try_keys(void), try_faults(void), try_performance(void), try_kernel_log(void);
int try_type(void), try_raise_limit(void), try_core(void), try_dumpable(void), try_filter(void), try_priority(void), try_handle(void);
int try_clock(void);

#endif
