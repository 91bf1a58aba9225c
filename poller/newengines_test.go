package poller

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/simulator"
)

// Many SNMPv3 routers appear at once, with a password that was never hashed before and an encryption
// for which each engine costs another mebibyte of hashing. While not one of their keys can be
// derived, the links polled over SNMPv2c go on; then all of the new routers answer.
func TestChaosNewEngines(t *testing.T) {
	inRealTime(t)
	old, strange := sized(20, 500), sized(25, 500) // links
	user := simulator.V3User{Name: "u1", Auth: "SHA-1", AuthPassword: "authenticate new engines", Priv: "AES-256-C", PrivPassword: "encrypt new engines"}
	plain := paired("old-", old, netip.MustParseAddrPort("127.41.0.1:0"))
	secure := paired("new-", strange, netip.MustParseAddrPort("127.42.0.1:0"))
	for i := range secure.Routers {
		secure.Routers[i].Community, secure.Routers[i].V3 = "", &user
	}
	sims := []*simulator.Simulator{simulate(t, plain), simulate(t, secure)}
	plain, secure = sims[0].Config(), sims[1].Config() // with the ports
	like := Device{Timeout: 2 * time.Second, Retries: 3, Credential: Credential{Community: secret.New(simulator.DemoCommunity)}}
	cfg := Config{}
	enlist(&cfg, &plain, like, sized(time.Second/2, time.Second))
	like.Credential = Credential{
		Version: V3, User: user.Name, Level: AuthPriv,
		Auth: AuthSHA1, AuthPassword: secret.New(user.AuthPassword), Priv: PrivAES256C, PrivPassword: secret.New(user.PrivPassword),
	}
	enlist(&cfg, &secure, like, sized(time.Second/2, 10*time.Second))
	for _, r := range secure.Routers {
		sims[1].Router(r.Name).Kill()
	}
	c := &tallied{answered: map[string]int{}}
	registry := prometheus.NewRegistry()
	p := New(cfg, Deps{Log: zap.NewNop(), Metrics: registry, Now: time.Now, Emit: c.emit})
	runAll(t, sims, p)
	oldGoOn := func() bool {
		ends, times := c.least("old-")
		return ends == 2*old && times >= 5
	}
	c.until(t, "the old links answer", oldGoOn)

	passwords.hashing.Lock()
	unlock := sync.OnceFunc(passwords.hashing.Unlock)
	defer unlock()
	for _, r := range secure.Routers {
		sims[1].Router(r.Name).Revive()
	}
	c.begin()
	c.until(t, "the old links go on", oldGoOn)
	c.mu.Lock()
	if n, _ := c.least("new-"); n > 0 {
		t.Errorf("%d new ends answered without keys", n)
	}
	c.mu.Unlock()
	unlock()

	before, start := startsOf(t, registry), time.Now()
	c.begin()
	c.until(t, "the new ones answer", func() bool {
		ends, _ := c.least("new-")
		return ends == 2*strange
	})
	c.until(t, "the old links go on beside them", oldGoOn)
	got := startsOf(t, registry).since(before)
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("%d new engines within %s; meanwhile %s; %d of %d polls answered", 2*strange, time.Since(start).Round(10*time.Millisecond), got, c.ok, c.polls)
	got.check(t)
}
