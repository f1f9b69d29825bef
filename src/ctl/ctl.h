#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "auth/passwd.h"

struct buf;
struct bus;
struct db;
struct name;
struct stat;

/* Exit statuses beside those of sysexits(3): it was done, or it could not be. */
#define CTL_NO 1

/* Enters the directory of the bus, as its owner if we are root: then the tool is no more than that user. False when
 * there is none, which means that nobody is online. Ends the program if it is not ours to enter. */
bool ctl_enter(void);

/* Whether a user is connected, and stays so: one who is about to leave is waited for. It is a process of its own that
 * enters the bus. Ends the program if it can't. */
bool ctl_online(const struct name *user);

/* If we are root: becomes the owner of something, for good. Ends the program if that can't be done. */
void ctl_become(const struct stat *owner, const char *what);

/* Opens the store's database as its owner. Ends the program if there is none, or it can't be used. */
struct db *ctl_attach(void);

/* Its path, after having become its owner. */
void ctl_database(char *path, size_t size);

/* Whether there is one. */
bool ctl_has_database(void);

/* The configuration directory. Ends the program if it is not said well. */
void ctl_config(char path[PATH_MAX]);

/* The exit status where nothing can be written there, by errno. */
int ctl_config_fault(void);

/* The user that chat-auth runs as, if there is one and we are root, who can give things to it; else -1. */
int ctl_auth_user(void);

/* Asks for a new password and hashes it. Ends the program if it is not one that may be. */
void ctl_ask_password(char hash[PASSWD_HASH_SIZE]);

/* Writes the file of passwords: EX_OK, CTL_NO if the user is there (PASSWD_ADD) or is not, or what else is wrong, after a line
 * about it. */
int ctl_edit_password(enum passwd_edit edit, const struct name *user, const char *hash);

/* Says what went wrong in the database, or that memory ran out, and ends the program. */
_Noreturn void ctl_fail(const struct db *db);

/* Prints a line, and frees it. */
void ctl_print(struct buf *line);

/* Takes --json off the arguments. Whether it was there. */
bool ctl_json(int *argc, char **argv);

/* Joins the bus under the operator's name. Ends the program if that can't be done. */
struct bus *ctl_join(void);

/* Waits for the bus until there may be news, `ms` at most. */
void ctl_wait(struct bus *bus, int ms);

/* The commands: what is left of the arguments after the command's name; the exit status. */
int ctl_who(int argc, char **argv);
int ctl_send(int argc, char **argv);
int ctl_kick(int argc, char **argv);
int ctl_ping(int argc, char **argv);
int ctl_sweep(int argc, char **argv);
int ctl_history(int argc, char **argv);
int ctl_pending(int argc, char **argv);
int ctl_user(int argc, char **argv);
int ctl_backup(int argc, char **argv);
int ctl_stats(int argc, char **argv);
int ctl_keygen(int argc, char **argv);
int ctl_token(int argc, char **argv);

/* Says how the command is used and ends the program. */
_Noreturn void ctl_misuse(const char *usage);

#endif
