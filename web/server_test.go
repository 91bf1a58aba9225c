package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// patient gives goroutines that are about to end the time for it: goleak's own half a second may be
// over before a busy machine gets to them.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for tries := 0; code == 0 && tries < 60 && goleak.Find() != nil; tries++ {
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

// serve serves on a port of the kernel's choice until stop; done then gets what Run returns. A busy
// machine may need the grace that it gives to requests under way.
func serve(t *testing.T, src Source, grace time.Duration) (s *Server, stop context.CancelFunc, done <-chan error) {
	t.Helper()
	s = newServerWith(zap.NewNop(), src)
	s.grace = grace
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return s, stop, ended
}

// run serves until the test ends.
func run(t *testing.T, src Source) *Server {
	t.Helper()
	s, stop, done := serve(t, src, time.Minute)
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return s
}

func fetch(ctx context.Context, url string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func TestListenRefusesTheNetwork(t *testing.T) {
	for _, listen := range []string{
		"0.0.0.0:0", ":0", "[::]:0", "10.1.2.3:0", "bothends.example:0", "192.168.1.1:0", "127.0.0.1.evil.example:0",
	} {
		s := New(Config{Listen: listen}, &fake{}, Deps{Log: zap.NewNop()})
		err := s.Listen()
		if err == nil || !strings.Contains(err.Error(), "listen on "+listen+": the page has no login") {
			t.Errorf("%s: %v", listen, err)
		}
		if s.Addr() != "" {
			t.Errorf("%s: listens on %s", listen, s.Addr())
		}
	}
	for _, listen := range []string{"", "8080", "127.0.0.1"} {
		err := New(Config{Listen: listen}, &fake{}, Deps{Log: zap.NewNop()}).Listen()
		if err == nil || !strings.Contains(err.Error(), "not host:port, for example 127.0.0.1:8080") {
			t.Errorf("%q: %v", listen, err)
		}
	}
	for _, listen := range []string{"127.0.0.1:0", "127.9.9.9:0", "localhost:0"} {
		s := New(Config{Listen: listen}, &fake{}, Deps{Log: zap.NewNop()})
		if err := s.Listen(); err != nil {
			t.Errorf("%s: %v", listen, err)
			continue
		}
		_ = s.listener.Close()
	}
}

// Only demo has a flag for the address; run does not.
func TestBusyPortNamesTheWayOut(t *testing.T) {
	first := run(t, &fake{})
	second := New(Config{Listen: first.Addr()}, &fake{}, Deps{Log: zap.NewNop()})
	err := second.Listen()
	if err == nil || !strings.Contains(err.Error(), "listen on "+first.Addr()+": another program uses this port") ||
		!strings.Contains(err.Error(), "choose another as web.listen (demo: --listen)") {
		t.Errorf("got %v", err)
	}
	if err := second.Run(t.Context()); err == nil {
		t.Error("ran without a port")
	}
}

func TestRunEndsThoughARequestHangs(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	src := &fake{onLinks: func() {
		once.Do(func() { close(entered) })
		<-hold
	}}
	s, stop, done := serve(t, src, shutdownTime)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, _, err := fetch(t.Context(), "http://"+s.Addr()+"/api/v1/links"); err == nil {
			t.Error("the request that hung was answered")
		}
	})
	<-entered
	stop()
	// The request is held until Run has returned: without its bound this would wait for ever.
	if err := <-done; err != nil {
		t.Error(err)
	}
	close(hold)
	wg.Wait()
}

func TestRunLetsRequestsFinish(t *testing.T) {
	hold, entered := make(chan struct{}), make(chan struct{})
	src := &fake{onLinks: func() {
		close(entered)
		<-hold
	}}
	s, stop, done := serve(t, src, time.Minute)
	var wg sync.WaitGroup
	wg.Go(func() {
		if code, body, err := fetch(t.Context(), "http://"+s.Addr()+"/api/v1/links"); err != nil || code != 200 || body != "[]\n" {
			t.Errorf("%d %s %v", code, body, err)
		}
	})
	<-entered
	stop()
	close(hold)
	wg.Wait()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// More clients than connections: the rest waits its turn, and all are answered in the end.
func TestConnectionsAreCapped(t *testing.T) {
	const clients = maxConnections + 20
	var mu sync.Mutex
	inside, most := 0, 0
	full, release := make(chan struct{}), make(chan struct{})
	src := &fake{onLinks: func() {
		mu.Lock()
		inside++
		most = max(most, inside)
		if inside == maxConnections {
			close(full)
		}
		mu.Unlock()
		<-release
		mu.Lock()
		inside = -clients // later ones do not count: they are let through
		mu.Unlock()
	}}
	s := run(t, src)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			if code, _, err := fetch(t.Context(), "http://"+s.Addr()+"/api/v1/links"); err != nil || code != http.StatusOK {
				t.Errorf("%d %v", code, err)
			}
		})
	}
	<-full
	// Time for the others to get in, if they could.
	time.Sleep(200 * time.Millisecond)
	close(release)
	wg.Wait()
	if most != maxConnections {
		t.Errorf("%d requests at once, want %d", most, maxConnections)
	}
}

func TestGreedyHeaderIsRefused(t *testing.T) {
	s := run(t, &fake{})
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: "+strings.Repeat("x", 4*maxHeaderBytes)+"\r\n\r\n")
	}()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "431") {
		t.Errorf("%q %v", line, err)
	}
}

func TestTimeoutsAreSet(t *testing.T) {
	h := newServer(t, &fake{}).http
	if h.ReadHeaderTimeout <= 0 || h.ReadTimeout <= 0 || h.WriteTimeout <= 0 || h.IdleTimeout <= 0 || h.MaxHeaderBytes <= 0 {
		t.Errorf("%+v", h)
	}
	if h.IdleTimeout >= refreshSeconds*time.Second {
		t.Error("open browser tabs would hold their connections between two refreshes")
	}
}

// Many readers while views are replaced: run with -race.
func TestConcurrentReaders(t *testing.T) {
	s := run(t, &fake{views: []*linkmodel.View{zSilent(), saturated(), disabled()}})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 2 * len(everyRoute) {
				if _, _, err := fetch(t.Context(), "http://"+s.Addr()+everyRoute[(i+j)%len(everyRoute)]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
