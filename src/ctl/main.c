#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/ctl.h"

#define DATABASE "The database is chat.db in CHAT_STATE_DIR (/var/lib/chat); the store may run or not.\n"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments, *summary, *help;
} commands[] = {
	{"who", ctl_who, "[--json]", "who is online, one line a connection",
	 "Lists user, process id, unit, address, since when, and how many messages came from and went to the client.\n"
	 "--json prints an array of objects instead of the table.\n"},
	{"send", ctl_send, "[--from NAME] USER TEXT...", "send a message to a user",
	 "Joins the words of TEXT with spaces; a lone - reads the text from standard input.\n"
	 "--from NAME is the sender; without it, the name you are logged in with on this machine.\n"
	 "Exit status: 0 it was delivered, or the store keeps it until it is; 1 neither.\n"},
	{"kick", ctl_kick, "USER|PID", "end all connections of a user, or one",
	 "The client gets close code 4002. Exit status: 0 somebody was, 1 nobody was there.\n"},
	{"ping", ctl_ping, "[--count N] [URL]", "ask the service itself whether it answers",
	 "Connects to URL (ws://localhost:8080/ws) as a browser would, without logging in: opening handshake, N WebSocket\n"
	 "pings (1), one a second, each with its time, and the closing handshake. For monitoring.\n"
	 "Exit status: 0 all went well, 1 something did not, which is said.\n"},
	{"sweep", ctl_sweep, "", "remove what killed connections left behind",
	 "chat-sweep.service runs it when a connection was killed.\n"},
	{"history", ctl_history, "USER [--with U] [--limit N] [--json]", "what a user sent and got, newest last",
	 "The newest N messages (50), from and to anybody, or U alone; with when they were delivered and read.\n" DATABASE},
	{"pending", ctl_pending, "[--json]", "for whom how much waits in the store", "Users, and how many messages and bytes wait.\n" DATABASE},
	{"user", ctl_user, "list | add | passwd | del [NAME]", "who is known to the store, and to chat-auth",
	 "list [--json]            who is known to the store.\n"
	 "add NAME [--password]    Messages to NAME are kept from now on, before the first login; with a password, which is asked for,\n"
	 "                         NAME may log in by it where CHAT_AUTH is password.\n"
	 "passwd NAME              Another password.\n"
	 "del NAME                 The password and all that is hers is removed: messages from and to her, receipts, blocks. It can't\n"
	 "                         be undone; backups keep what they have. Tokens that she has are good until they end. Nobody\n"
	 "                         is removed who is connected: chatctl kick NAME comes first.\n\n"
	 "A password has 8 to 1024 bytes. A terminal is asked for it twice; else it is all of standard input.\n"
	 "Exit status: 0 it was done, 1 NAME was there already, or nobody knows her, or she is connected, 65 it is no good password.\n"
	 "The passwords, hashed, are the file passwords in CHAT_CONFIG_DIR (/etc/chat).\n" DATABASE},
	{"backup", ctl_backup, "FILE", "copy the store's database, in use or not",
	 "FILE must not be there. It is a whole database, to be put in the place of chat.db when the store is stopped.\n"
	 "It is written as FILE.partial, and has its name when it is whole and on disk; what an earlier one left of FILE.partial\n"
	 "when it was cut short is removed.\n" DATABASE},
	{"keygen", ctl_keygen, "[KID]", "make a pair of keys for tokens",
	 "In the folder keys of CHAT_CONFIG_DIR (/etc/chat): KID.key, which signs tokens, and KID.pub, by which sessions know them.\n"
	 "Without KID the name is the time: the last by name is the one that signs. From the first key on who logs in\n"
	 "needs a token, unless CHAT_AUTH says otherwise. To retire a key, remove its files once its last token has ended.\n"
	 "Exit status: 0 they were made, 1 there is one of that name.\n"},
	{"token", ctl_token, "USER [--ttl N[s|m|h|d]] [--kid KID]", "print a token with which USER logs in",
	 "It is good for N seconds, minutes, hours or days (1h), for the audience CHAT_AUDIENCE, signed with the last key by name\n"
	 "in the folder keys of CHAT_CONFIG_DIR (/etc/chat), or with KID. Whoever has the token is USER: hand it over as a secret.\n"
	 "Exit status: 0 it was printed, 1 there is no such key.\n"},
	{"stats", ctl_stats, "[--json]", "how much the store has", "Users, messages, those that wait, bytes of the file, oldest and newest message.\n" DATABASE},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static int
help(FILE *to, int status)
{
	fputs("usage: chatctl COMMAND [ARGUMENT...]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-7s %-37s %s\n", commands[i].name, commands[i].arguments, commands[i].summary);
	fputs("\n  chatctl COMMAND --help tells more; chatctl --version says which this is.\n"
	      "  CHAT_RUNTIME_DIR says where the bus is (/run/chat), CHAT_STATE_DIR where the database is (/var/lib/chat),\n"
	      "  CHAT_CONFIG_DIR where the keys and the passwords are (/etc/chat).\n", to);
	return status;
}

static int
run(const struct command *command, int argc, char **argv)
{
	int status = EX_OK;

	if (argc > 0 && strcmp(argv[0], "--help") == 0)
		printf("usage: chatctl %s %s\n\n%s", command->name, command->arguments, command->help);
	else
		status = command->run(argc, argv);
	if (fflush(stdout) != 0)
		status = EX_IOERR;
	return status;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr, EX_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help(stdout, EX_OK);
	if (strcmp(argv[1], "--version") == 0) {
		puts("chatctl " VERSION);
		return EX_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			_exit(run(&commands[i], argc - 2, argv + 2)); /* nng's threads may still run */
	fprintf(stderr, "chatctl: no command \"%s\"\n\n", argv[1]);
	return help(stderr, EX_USAGE);
}
