-- Messages that wait for a receiver, oldest first. "key" is the message's for ever; "body" belongs to
-- who sends it.
CREATE TABLE message (
  seq      INTEGER PRIMARY KEY,
  receiver TEXT    NOT NULL,
  key      TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  body     BLOB    NOT NULL,
  UNIQUE (receiver, key)
) STRICT;
