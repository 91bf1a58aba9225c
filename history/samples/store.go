package samples

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/storage"
	"go.uber.org/zap"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// Deps are what a Store needs of the program.
type Deps struct {
	// Names may be nil where links never change their names.
	Names   Names
	Log     *zap.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Store keeps samples on the disk. It implements history.Store.
type Store struct {
	dir     string
	deps    Deps
	metrics metrics
	kept    atomic.Pointer[kept]
	// changed tells the task that kept is another one and has to be opened anew.
	changed chan struct{}

	keysMu sync.Mutex
	keys   *keys
	// unsaved are keys that were made and are not remembered yet, by their links.
	unsaved map[string]string

	openings int // belongs to Run
	// reserve is how much of the disk is left to others; see room.
	reserve func(total uint64) uint64

	// mu guards what is open: readers hold it shared.
	mu sync.RWMutex
	db *databases // nil while nothing is open

	troubleMu sync.Mutex
	trouble   string
}

// kept is what is kept of which links. Reload makes another one.
type kept struct {
	cfg   history.Config
	links map[string]*link // never changed
	queue chan sample      // nil when nothing is kept
	// positions are those of a sample that are kept.
	positions []int
}

// link is where the samples of one link go.
type link struct {
	key string
	// refs are the series of the link in the database that was opened as the opened-th, by position; 0
	// where unknown. Both belong to the task that writes.
	refs   [1 + numValues]storage.SeriesRef
	opened int
}

// New returns a store in dir for the given links. Nothing is opened before Run.
func New(dir string, cfg history.Config, links []linkmodel.Link, deps Deps) (*Store, error) {
	s := &Store{
		dir: dir, deps: deps, metrics: newMetrics(deps.Metrics), changed: make(chan struct{}, 1), unsaved: map[string]string{},
		reserve: reserveOf,
	}
	var remembered map[string]string
	if deps.Names != nil {
		var err error
		if remembered, err = deps.Names.SeriesKeys(); err != nil {
			return nil, fmt.Errorf("read the names of series: %w", err)
		}
	}
	s.keys = newKeys(remembered)
	names := make([]string, 0, len(links))
	for i := range links {
		names = append(names, links[i].Name)
	}
	s.kept.Store(&kept{})
	s.Reload(cfg, names, nil)
	return s, nil
}

// Reload keeps the given links from now on. was holds the former names of links by their present ones:
// their samples go on. What is on the disk of other links stays there until it is too old.
func (s *Store) Reload(cfg history.Config, links []string, was map[string]string) {
	before := s.kept.Load()
	now := &kept{cfg: cfg.WithDefaults(), links: make(map[string]*link, len(links))}
	s.keysMu.Lock()
	for name, former := range was {
		s.keys.rename(name, former)
	}
	for _, name := range links {
		now.links[name] = before.find(name, was[name])
		if now.links[name] == nil {
			key, made := s.keys.of(name)
			if made {
				s.unsaved[name] = key
			}
			now.links[name] = &link{key: key}
		}
	}
	s.keysMu.Unlock()
	for position := range 1 + numValues {
		if position > 0 && len(links) > leanAbove {
			if field, _ := place(position); !lean[field] {
				continue
			}
		}
		now.positions = append(now.positions, position)
	}
	if !cfg.Off {
		now.queue = before.queue
		if want := queueRoom(len(links)); cap(now.queue) < want {
			now.queue = make(chan sample, want)
		}
	}
	s.kept.Store(now)
	if before.cfg != now.cfg || before.queue != now.queue || !slices.Equal(before.positions, now.positions) {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
}

// queueRoom is how many samples may wait: two polls of every link, since a disk that stands still for a
// minute is not rare, and each takes 104 bytes.
func queueRoom(links int) int { return min(max(2*links, 1024), 1<<16) }

// find returns a link as it was kept so far, or nil.
func (k *kept) find(name, former string) *link {
	if l := k.links[name]; l != nil || former == "" {
		return l
	}
	return k.links[former]
}

// Append implements history.Store. It never allocates.
func (s *Store) Append(v *linkmodel.View) {
	k := s.kept.Load()
	if k.queue == nil {
		return
	}
	l := k.links[v.Link.Name]
	if l == nil {
		return
	}
	sm := sample{link: l}
	sm.take(v)
	select {
	case k.queue <- sm:
	default:
		s.metrics.lost.Inc()
	}
}

// Trouble says why samples are not kept now; empty while they are, and when none are wanted.
func (s *Store) Trouble() string {
	s.troubleMu.Lock()
	defer s.troubleMu.Unlock()
	return s.trouble
}

func (s *Store) setTrouble(text string) {
	s.troubleMu.Lock()
	defer s.troubleMu.Unlock()
	s.trouble = text
}
