// Package sink takes encoded points from the pipeline without ever blocking it and hands them to
// an output in batches: a bounded store in front, a sender behind.
package sink
