package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"

	"github.com/bothends/bothends/sink/influxdb"
)

// selfEvery is how often the program writes its own metrics to its outputs.
const selfEvery = time.Minute

// ownPrefix starts the name of every metric of this program.
const ownPrefix = "bothends_"

// selfReport writes the program's own metrics as one point a minute, until ctx ends.
func (p *pipeline) selfReport(ctx context.Context, gatherer prometheus.Gatherer, now func() time.Time) error {
	instance, err := os.Hostname()
	if err != nil {
		instance = "unknown"
	}
	every(ctx, selfEvery, func() {
		families, err := gatherer.Gather()
		if err != nil {
			p.log.Warn("own metrics incomplete", zap.Error(err))
		}
		line, points := influxdb.AppendSelf(nil, instance, now(), ownMetrics(families))
		p.telling.RLock()
		defer p.telling.RUnlock()
		p.accept(line, points)
	})
	return nil
}

// ownMetrics flattens the program's own families: labels are summed up, of histograms the sum and
// the count are kept. So the set of fields never changes while the program runs.
func ownMetrics(families []*dto.MetricFamily) map[string]float64 {
	out := map[string]float64{}
	for _, f := range families {
		name, own := strings.CutPrefix(f.GetName(), ownPrefix)
		if !own {
			continue
		}
		for _, m := range f.GetMetric() {
			if h := m.GetHistogram(); h != nil {
				out[name+"_sum"] += h.GetSampleSum()
				out[name+"_count"] += float64(h.GetSampleCount())
				continue
			}
			out[name] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}
