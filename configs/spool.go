package configs

import (
	"regexp"
	"strconv"
	"time"

	"github.com/bothends/bothends/sink"
)

var spoolBlock = block{name: "spool", keys: []string{"max_bytes", "max_age"}, secret: true}

// Bounds of a spool. Less than the low ones would lose points in an outage of minutes.
const (
	minSpoolBytes = 16 << 20
	maxSpoolBytes = 16 << 40
	minSpoolAge   = time.Hour
	maxSpoolAge   = 3650 * day
)

// spool reads how much of an output may wait on disk.
func (w *walker) spool(v value, quota *sink.Quota) {
	f, ok := w.open(v, &spoolBlock, "spool", v.span())
	if !ok {
		return
	}
	if v, ok := f.get("max_bytes"); ok {
		quota.MaxBytes = w.bytes(v, minSpoolBytes, maxSpoolBytes)
	}
	if v, ok := f.get("max_age"); ok {
		quota.MaxAge, _ = w.duration(v, minSpoolAge, maxSpoolAge)
	}
}

var (
	byteSize    = regexp.MustCompile(`^([0-9]+)(MiB|GiB|TiB)$`)
	byteFactors = map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
)

// bytes reads an amount of storage in [low, high] bytes, 0 when it is not usable.
func (w *walker) bytes(v value, low, high int64) int64 {
	s, ok := w.text(v)
	if !ok {
		return 0
	}
	m := byteSize.FindStringSubmatch(s)
	if m == nil {
		w.report("E014", v.span(), "%s %s is not a size I can read", v.name, quote(s)).
			help("write 500MiB or 2GiB (MiB is 2^20 bytes, GiB is 2^30)")
		return 0
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	factor := byteFactors[m[2]]
	if err != nil || n > high/factor || n*factor < low {
		w.report("E014", v.span(), "%s %s is not between 16MiB and 16TiB", v.name, s)
		return 0
	}
	return n * factor
}
