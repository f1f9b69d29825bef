#include "store/statements.h"

/* Who took part in a message, as words of the search: whatever a name is made of, it is one word, and no other name's. */
#define WHO(sender, receiver) "'x' || hex(" sender ") || ' x' || hex(" receiver ")"

const char *const statements_migrations[STATEMENTS_SCHEMA] = {
	"CREATE TABLE user (name TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE mailbox (user TEXT PRIMARY KEY, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE message (seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, pair TEXT NOT NULL,"
	"  sender TEXT NOT NULL, receiver TEXT NOT NULL, ref TEXT, time INTEGER NOT NULL, text TEXT NOT NULL, body TEXT NOT NULL,"
	"  delivered INTEGER, read INTEGER);"
	"CREATE INDEX message_pair ON message (pair, seq);"
	"CREATE INDEX message_ref ON message (sender, ref) WHERE ref IS NOT NULL;"
	"CREATE INDEX message_pending ON message (receiver, seq) WHERE delivered IS NULL;"
	"CREATE INDEX message_unread ON message (receiver, sender, seq) WHERE read IS NULL;"
	"CREATE INDEX message_receiver ON message (receiver, seq);"
	"CREATE INDEX message_time ON message (time);"
	"CREATE VIRTUAL TABLE search USING fts5 (body, content='message', content_rowid='seq',"
	"  tokenize='unicode61 remove_diacritics 2');"
	"CREATE TABLE conversation (pair TEXT PRIMARY KEY, messages INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX conversation_messages ON conversation (messages);"
	"CREATE TABLE early (id BLOB NOT NULL, receiver TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (id, receiver)) WITHOUT ROWID;"
	"CREATE TABLE owed (seq INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, id BLOB NOT NULL, receiver TEXT NOT NULL,"
	"  status INTEGER NOT NULL, time INTEGER NOT NULL, ref TEXT NOT NULL);"
	"CREATE INDEX owed_user ON owed (user, seq);"
	"CREATE TABLE block (user TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (user, other)) WITHOUT ROWID;",
	/* Nothing that a session, or the store in its turn, has to wait for is a look at all there is. */
	"DROP TABLE search;"
	"CREATE VIRTUAL TABLE search USING fts5 (who, body, content='', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3');"
	"INSERT INTO search (rowid, who, body) SELECT seq, " WHO("sender", "receiver") ", body FROM message;"
	"DROP INDEX message_ref;"
	"CREATE INDEX message_ref ON message (sender, ref, receiver);"
	"DROP INDEX message_time;"
	"CREATE INDEX message_old ON message (time) WHERE delivered IS NOT NULL;"
	"CREATE INDEX message_kept ON message (pair, seq) WHERE delivered IS NOT NULL;"
	"CREATE INDEX early_time ON early (time);"
	"CREATE INDEX early_receiver ON early (receiver);"
	"CREATE INDEX owed_receiver ON owed (receiver);"
	"CREATE INDEX block_other ON block (other);"
	"DELETE FROM conversation WHERE messages <= 0;",
};

/* The columns of a message, as db.c reads them. */
#define MESSAGE "seq, id, sender, receiver, time, ifnull(ref, ''), text, body, ifnull(delivered, 0), ifnull(read, 0)"

const char *const statements_text[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	/* Of many with the same ref the newest: somebody may give all of them one. */
	[FIND_REF] = "SELECT " MESSAGE " FROM message WHERE seq IN (SELECT seq FROM message INDEXED BY message_ref"
	             " WHERE sender = ?1 AND ref = ?2 AND receiver = ?3 ORDER BY seq DESC LIMIT 64) AND body = ?4",
	[FIND_BLOCK] = "SELECT 1 FROM block WHERE user = ?1 AND other = ?2",
	[FIND_QUOTA] = "SELECT messages, bytes FROM mailbox WHERE user = ?1",
	[PUT] = "INSERT INTO message (id, pair, sender, receiver, ref, time, text, body, delivered)"
	        " VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), ?6, ?7, ?8, ?9)",
	[PUT_SEARCH] = "INSERT INTO search (rowid, who, body) VALUES (?1, " WHO("?2", "?3") ", ?4)",
	[TAKE_EARLY] = "DELETE FROM early WHERE id = ?1 AND receiver = ?2 RETURNING time",
	[PUT_EARLY] = "INSERT OR IGNORE INTO early VALUES (?1, ?2, ?3)",
	[DROP_EARLY] = "DELETE FROM early WHERE time < ?1",
	[COUNT_CONVERSATION] = "INSERT INTO conversation VALUES (?1, max(?2, 0)) ON CONFLICT (pair) DO UPDATE SET messages = messages + ?2",
	[FIND_ID] = "SELECT " MESSAGE " FROM message WHERE id = ?1",
	[DELIVER] = "UPDATE message SET delivered = ?2 WHERE seq = ?1",
	[READ] = "UPDATE message SET read = ?4 WHERE receiver = ?1 AND sender = ?2 AND seq <= ?3 AND read IS NULL",
	[ADD_PENDING] = "INSERT INTO mailbox VALUES (?1, max(?2, 0), max(?3, 0))"
	                " ON CONFLICT (user) DO UPDATE SET messages = max(messages + ?2, 0), bytes = max(bytes + ?3, 0)",
	[OWE] = "INSERT INTO owed (user, id, receiver, status, time, ref) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[OLDEST_OWED] = "SELECT seq, id, receiver, status, time, ref FROM owed WHERE user = ?1 ORDER BY seq LIMIT 1",
	[DROP_OWED] = "DELETE FROM owed WHERE seq = ?1",
	[DROP_OWED_ALL] = "DELETE FROM owed WHERE user = ?1 OR receiver = ?1",
	[ADD_USER] = "INSERT OR IGNORE INTO user (name, since) VALUES (?1, ?2)",
	[FIND_USER] = "SELECT 1 FROM user WHERE name = ?1",
	[DROP_MAILBOX] = "DELETE FROM mailbox WHERE user = ?1",
	[DROP_USER] = "DELETE FROM user WHERE name = ?1",
	[DROP_BLOCKS] = "DELETE FROM block WHERE user = ?1 OR other = ?1",
	[BLOCK] = "INSERT OR IGNORE INTO block VALUES (?1, ?2)",
	[UNBLOCK] = "DELETE FROM block WHERE user = ?1 AND other = ?2",
	[MISSING] = "SELECT " MESSAGE " FROM message WHERE seq IN ("
	            "SELECT seq FROM (SELECT seq FROM message INDEXED BY message_pending"
	            " WHERE receiver = ?1 AND seq > ?2 AND delivered IS NULL ORDER BY seq LIMIT ?4)"
	            " UNION SELECT seq FROM (SELECT seq FROM message INDEXED BY message_receiver"
	            " WHERE receiver = ?1 AND seq > ?3 ORDER BY seq LIMIT ?4)"
	            ") ORDER BY seq LIMIT ?4",
	[LAST] = "SELECT ifnull(max(seq), 0) FROM message",
	[BLOCKS] = "SELECT other FROM block WHERE user = ?1 ORDER BY other",
	[HISTORY] = "SELECT " MESSAGE " FROM message WHERE pair = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
	[SEARCH] = "SELECT " MESSAGE " FROM message WHERE seq IN"
	           " (SELECT rowid FROM search WHERE search MATCH ?1 ORDER BY rowid DESC LIMIT ?2) ORDER BY seq DESC",
	[TAIL] = "SELECT " MESSAGE " FROM (SELECT * FROM message WHERE (sender = ?1 OR receiver = ?1) AND (?2 = '' OR pair = ?2)"
	         " ORDER BY seq DESC LIMIT ?3) ORDER BY seq",
	[USERS] = "SELECT name, since, ifnull(messages, 0), ifnull(bytes, 0) FROM user LEFT JOIN mailbox ON user = name ORDER BY name",
	[WAITING] = "SELECT m.user, ifnull(since, 0), messages, bytes FROM mailbox m LEFT JOIN user ON name = m.user"
	            " WHERE messages > 0 ORDER BY m.user",
	[STATS] = "SELECT (SELECT count(*) FROM user), (SELECT count(*) FROM message), (SELECT ifnull(sum(messages), 0) FROM mailbox),"
	          " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),"
	          " ifnull((SELECT time FROM message ORDER BY seq LIMIT 1), 0),"
	          " ifnull((SELECT time FROM message ORDER BY seq DESC LIMIT 1), 0)",
	[DROP_EARLY_OF] = "DELETE FROM early WHERE receiver = ?1",
	[DROP_CONVERSATION] = "DELETE FROM conversation WHERE pair = ?1 AND messages <= 0",
	[FIND_OLD] = "SELECT " MESSAGE " FROM message INDEXED BY message_old WHERE time < ?1 AND delivered IS NOT NULL LIMIT 1",
	/* Conversations in which all waits are passed over. */
	[FIND_SURPLUS] = "SELECT " MESSAGE " FROM message WHERE seq = (SELECT"
	                 " (SELECT min(seq) FROM message k INDEXED BY message_kept WHERE k.pair = c.pair AND delivered IS NOT NULL) AS first"
	                 " FROM conversation c WHERE messages > ?1 AND first IS NOT NULL ORDER BY messages DESC LIMIT 1)",
	[FIND_OF_USER] = "SELECT " MESSAGE " FROM message WHERE sender = ?1 OR receiver = ?1 LIMIT 1",
	[DROP_SEARCH] = "INSERT INTO search (search, rowid, who, body) VALUES ('delete', ?1, " WHO("?2", "?3") ", ?4)",
	[DROP] = "DELETE FROM message WHERE seq = ?1",
};
