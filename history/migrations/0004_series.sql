-- Under which key the samples of a link are kept, for links that are called otherwise than their key.
CREATE TABLE series (
  link TEXT NOT NULL PRIMARY KEY,
  key  TEXT NOT NULL UNIQUE
) STRICT;
