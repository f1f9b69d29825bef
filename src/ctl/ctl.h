#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

struct bus;

/* Exit statuses beside those of sysexits(3): it was done, or it could not be. */
#define CTL_NO 1

/* Enters the directory of the bus, as its owner if we are root: then the tool is no more than that user. False when
 * there is none, which means that nobody is online. Ends the program if it is not ours to enter. */
bool ctl_enter(void);

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

/* Says how the command is used and ends the program. */
_Noreturn void ctl_misuse(const char *usage);

#endif
