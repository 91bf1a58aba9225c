package poller

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"runtime"
	"sync"
)

// authKind is what an authentication protocol consists of: its hash, and how many bytes of the
// HMAC a message carries (RFC 3414 sections 6.1 and 7.1, RFC 7860 section 4.1).
type authKind struct {
	name    AuthProtocol
	newHash func() hash.Hash
	carried int
}

var authKinds = map[AuthProtocol]*authKind{
	AuthMD5:    {AuthMD5, md5.New, 12},
	AuthSHA1:   {AuthSHA1, sha1.New, 12},
	AuthSHA224: {AuthSHA224, sha256.New224, 16},
	AuthSHA256: {AuthSHA256, sha256.New, 24},
	AuthSHA384: {AuthSHA384, sha512.New384, 32},
	AuthSHA512: {AuthSHA512, sha512.New, 48},
}

// passwordBytes is how much of the repeated password is hashed into its key (RFC 3414 appendix
// A.2).
const passwordBytes = 1 << 20

// passwordKey turns a password, which is not empty, into a key (RFC 3414 appendix A.2). It takes
// about a millisecond, and lets others run meanwhile.
func (a *authKind) passwordKey(password []byte) []byte {
	const chunk = 1 << 14
	text := bytes.Repeat(password, 1+chunk/len(password))
	h := a.newHash()
	for left := passwordBytes; left > 0; left -= len(text) {
		h.Write(text[:min(left, len(text))])
		runtime.Gosched()
	}
	return h.Sum(nil)
}

// localise makes the key of a password that of one engine (RFC 3414 section 2.6).
func (a *authKind) localise(key []byte, engine string) []byte {
	h := a.newHash()
	h.Write(key)
	h.Write([]byte(engine))
	h.Write(key)
	return h.Sum(nil)
}

// lengthen is how a localised key is made longer than its hash: Blumenthal's way
// (draft-blumenthal-aes-usm-04 section 3.1.2.1) hashes the key so far.
func (a *authKind) lengthen(key []byte, size int) []byte {
	for len(key) < size {
		h := a.newHash()
		h.Write(key)
		key = h.Sum(key)
	}
	return key
}

// lengthenByPassword is Reeder's way, which Cisco took (draft-reeder-snmpv3-usm-3desede-00 section
// 2.1): the latest piece of key is the password of the next one. It hashes a mebibyte for each
// engine, because that password is already the engine's own.
func (a *authKind) lengthenByPassword(key []byte, size int, engine string) []byte {
	for last := key; len(key) < size; {
		last = a.localise(passwords.hash(a, last), engine)
		key = append(key, last...)
	}
	return key
}

// maxPasswordKeys bounds how many keys are kept; an inventory has a handful of credentials.
const maxPasswordKeys = 1024

// keyring keeps the keys of passwords, because each takes a mebibyte of hashing and one credential
// is used for thousands of engines. It belongs to the process: a reload keeps the credentials.
type keyring struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]func() []byte
	// hashing is held while a password is hashed: many new engines at once take one processor
	// and leave the others to polling.
	hashing sync.Mutex
}

var passwords = keyring{keys: map[[sha256.Size]byte]func() []byte{}}

// key returns the key of password, which is not empty. Those who ask for the same one meanwhile
// wait for it.
func (r *keyring) key(a *authKind, password string) []byte {
	id := passwordID(a, password)
	r.mu.Lock()
	key, ok := r.keys[id]
	if !ok {
		key = sync.OnceValue(func() []byte { return r.hash(a, []byte(password)) })
		r.makeRoom()
		r.keys[id] = key
	}
	r.mu.Unlock()
	return key()
}

func passwordID(a *authKind, password string) [sha256.Size]byte {
	return sha256.Sum256([]byte(string(a.name) + "\x00" + password))
}

func (r *keyring) makeRoom() {
	for id := range r.keys {
		if len(r.keys) < maxPasswordKeys {
			return
		}
		delete(r.keys, id)
	}
}

func (r *keyring) hash(a *authKind, password []byte) []byte {
	r.hashing.Lock()
	defer r.hashing.Unlock()
	return a.passwordKey(password)
}
