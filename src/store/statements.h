#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

/* The SQL of the store: what makes the tables, and each statement that is used. */

#define STATEMENTS_SCHEMA 2 /* the version of the schema */
#define STATEMENTS_APPLICATION 0x63686174 /* "chat", in the file's head */

/* From version n to n + 1. A new database is made by all of them. */
extern const char *const statements_migrations[STATEMENTS_SCHEMA];

enum statement {
	BEGIN, COMMIT, ROLLBACK,
	FIND_ID, FIND_REF, FIND_BLOCK, FIND_QUOTA, TAKE_EARLY, PUT_EARLY, DROP_EARLY,
	PUT, PUT_SEARCH, COUNT_CONVERSATION, ADD_PENDING, DELIVER, READ,
	OWE, OLDEST_OWED, DROP_OWED, DROP_OWED_ALL,
	ADD_USER, FIND_USER, DROP_USER, DROP_MAILBOX, BLOCK, UNBLOCK, DROP_BLOCKS,
	MISSING, LAST, HISTORY, SEARCH, BLOCKS,
	TAIL, USERS, WAITING, STATS, DROP_EARLY_OF, DROP_CONVERSATION,
	FIND_OLD, FIND_SURPLUS, FIND_OF_USER, DROP_SEARCH, DROP,
	STATEMENTS,
};

extern const char *const statements_text[STATEMENTS];

#endif
