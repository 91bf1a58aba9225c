package poller

import (
	"crypto/sha1"
	"encoding/hex"
	"hash"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bothends/bothends/internal/secret"
)

// The vectors of RFC 3414 appendix A.3.
func TestKeysOfTheRFC(t *testing.T) {
	const engine = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
	for _, tt := range []struct {
		auth       AuthProtocol
		key, local string
	}{
		{AuthMD5, "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"},
		{AuthSHA1, "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"},
	} {
		key := authKinds[tt.auth].passwordKey([]byte("maplesyrup"))
		if got := hex.EncodeToString(key); got != tt.key {
			t.Errorf("%s: key %s, want %s", tt.auth, got, tt.key)
		}
		if got := hex.EncodeToString(authKinds[tt.auth].localise(key, engine)); got != tt.local {
			t.Errorf("%s: localised %s, want %s", tt.auth, got, tt.local)
		}
	}
}

// Every pair of protocols has the keys that gosnmp derives, whatever the lengths of password and
// engine ID are.
func TestKeysAreGosnmps(t *testing.T) {
	for _, word := range []string{"eight ch", strings.Repeat("0123456789", 13), strings.Repeat("long", 5000)} {
		for _, cred := range everyCredential() {
			cred.AuthPassword, cred.PrivPassword = secret.New(word), secret.New("P"+word)
			engine := engineID + word[:min(len(word), 24)]
			k, err := cred.localise(engine)
			if err != nil {
				t.Fatal(err)
			}
			p := newFarEngine(t, &cred, engine)
			if (k.sign != nil) != (cred.Level >= AuthNoPriv) || (k.veil != nil) != (cred.Level == AuthPriv) {
				t.Fatalf("%s: keys %v %v", credentialName(&cred), k.sign, k.veil)
			}
			if k.sign != nil && string(k.sign.key) != string(p.usm.SecretKey) {
				t.Errorf("%s: authentication key %x, gosnmp's is %x", credentialName(&cred), k.sign.key, p.usm.SecretKey)
			}
			// gosnmp keeps the whole digest for DES, which takes 16 bytes of it.
			if k.veil != nil && string(k.veil.key) != string(p.usm.PrivacyKey[:privKinds[cred.Priv].keyBytes]) {
				t.Errorf("%s: privacy key %x, gosnmp's is %x", credentialName(&cred), k.veil.key, p.usm.PrivacyKey)
			}
		}
	}
}

func TestKeysNeedProtocolAndPassword(t *testing.T) {
	for _, change := range []func(*Credential){
		func(c *Credential) { c.Auth = "SHA-3" },
		func(c *Credential) { c.AuthPassword = secret.Secret{} },
		func(c *Credential) { c.Priv = "RC4" },
		func(c *Credential) { c.PrivPassword = secret.New("") },
	} {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		change(&cred)
		e := newEngine(&Device{Credential: cred})
		if _, err := e.adopt(&header3{engine: engineID}); err == nil || e.ready() {
			t.Errorf("%+v: taken", cred)
		}
	}
}

// A thousand devices that ask for the key of one password at the same time hash it once.
func TestPasswordIsHashedOnce(t *testing.T) {
	var made atomic.Int32
	kind := &authKind{"counted", func() hash.Hash { made.Add(1); return sha1.New() }, 12}
	ring := keyring{keys: map[[32]byte]func() []byte{}}
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() { ring.key(kind, "maplesyrup") })
	}
	wg.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("hashed %d times", n)
	}
	if got := hex.EncodeToString(ring.key(kind, "maplesyrup")); got != "9fb5cc0381497b3793528939ff788d5d79145211" {
		t.Errorf("key %s", got)
	}
	other := &authKind{"other", kind.newHash, 12}
	ring.key(other, "maplesyrup")
	ring.key(kind, "maplesyru")
	if n := made.Load(); n != 3 {
		t.Errorf("another protocol and another password: hashed %d times", n)
	}
}

// slowHash tells when it is in use.
type slowHash struct {
	hash.Hash
	inUse *atomic.Int32
}

func (h slowHash) Sum(b []byte) []byte { h.inUse.Add(-1); return h.Hash.Sum(b) }

// Many new passwords take one processor, not all of them.
func TestOnePasswordIsHashedAtATime(t *testing.T) {
	var inUse, most atomic.Int32
	kind := &authKind{"slow", func() hash.Hash {
		most.Store(max(most.Load(), inUse.Add(1)))
		return slowHash{sha1.New(), &inUse}
	}, 12}
	ring := keyring{keys: map[[32]byte]func() []byte{}}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { ring.key(kind, strings.Repeat("word", i+2)) })
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at a time", most.Load())
	}
}

// The keys kept are bounded; one that was dropped is derived again.
func TestKeyringIsBounded(t *testing.T) {
	ring := keyring{keys: map[[32]byte]func() []byte{}}
	for i := range maxPasswordKeys {
		ring.keys[[32]byte{byte(i), byte(i >> 8), 1}] = nil
	}
	for _, word := range []string{"maplesyrup", "maplesyrup", "another password"} {
		if len(ring.key(authKinds[AuthMD5], word)) != 16 || len(ring.keys) > maxPasswordKeys {
			t.Errorf("%d keys", len(ring.keys))
		}
	}
}

// Nobody waits for an engine while the password of another one is hashed.
func TestHashingHoldsNobodyUp(t *testing.T) {
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	e := knownEngine(t, &cred)
	word := "a password nobody has used before"
	changed := cred
	changed.PrivPassword = secret.New(word)
	e.cred = &changed
	e.answered()
	id := passwordID(authKinds[AuthSHA256], word)
	passwords.mu.Lock()
	delete(passwords.keys, id) // of a run before
	passwords.mu.Unlock()
	passwords.hashing.Lock()
	var wg sync.WaitGroup
	var moved atomic.Int32
	for range 20 {
		wg.Go(func() {
			changed, err := e.adopt(&header3{engine: engineID + "2"})
			if err != nil {
				t.Error(err)
			}
			if changed {
				moved.Add(1)
			}
		})
	}
	for asked := false; !asked; runtime.Gosched() {
		passwords.mu.Lock()
		_, asked = passwords.keys[id]
		passwords.mu.Unlock()
	}
	// Each of those who ask holds the engine for a moment before it waits for the hash.
	got := e.mu.TryLock()
	for end := time.Now().Add(30 * time.Second); !got && time.Now().Before(end); got = e.mu.TryLock() {
		runtime.Gosched()
	}
	if !got {
		t.Error("the engine is locked while a password is hashed")
	} else {
		e.mu.Unlock()
		if _, err := e.seal(nil, getPDU(minimalID, 1), minimalID); err != nil {
			t.Errorf("the old keys are gone already: %v", err)
		}
	}
	passwords.hashing.Unlock()
	wg.Wait()
	if e.keys.engine != engineID+"2" || e.proven || moved.Load() != 1 {
		t.Errorf("engine %q, proven %t, changed %d times", e.keys.engine, e.proven, moved.Load())
	}
}
