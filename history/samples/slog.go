package samples

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
)

// bridge hands what tsdb warns of to the program's log.
type bridge struct{ log *zap.Logger }

// slogTo returns a logger for tsdb. Its errors are repeated once a minute while they last, and returned to
// us as well, so that only its warnings are of use: they tell what was repaired.
func slogTo(log *zap.Logger) *slog.Logger { return slog.New(bridge{log}) }

// Enabled implements slog.Handler.
func (b bridge) Enabled(_ context.Context, level slog.Level) bool { return level == slog.LevelWarn }

// Handle implements slog.Handler.
func (b bridge) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "Overlapping blocks found during reloadBlocks" {
		return nil // late samples make such blocks, which are merged
	}
	fields := make([]zap.Field, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		fields = append(fields, zap.String(a.Key, a.Value.String()))
		return true
	})
	b.log.Warn("history: "+r.Message, fields...)
	return nil
}

// WithAttrs implements slog.Handler.
func (b bridge) WithAttrs([]slog.Attr) slog.Handler { return b }

// WithGroup implements slog.Handler.
func (b bridge) WithGroup(string) slog.Handler { return b }
