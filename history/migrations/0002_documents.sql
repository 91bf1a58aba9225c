-- "major" counts the changes after which an older bothends may not touch the file; it is one and the
-- same in all rows but the newest. A step that only adds tables, or columns with a default, keeps it.
ALTER TABLE migration ADD COLUMN major INTEGER NOT NULL DEFAULT 1;

-- What other rooms want back after a restart, the latest of each kind and name. "body" belongs to them.
CREATE TABLE document (
  kind TEXT    NOT NULL,
  name TEXT    NOT NULL,
  at   INTEGER NOT NULL,
  body BLOB    NOT NULL,
  UNIQUE (kind, name)
) STRICT;
