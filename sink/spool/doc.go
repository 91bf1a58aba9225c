// Package spool keeps accepted points on disk until their output has stored them: a sink.Store that
// survives kill -9, a power cut and a full disk. docs/reliability.md describes the format and what
// it promises.
package spool
