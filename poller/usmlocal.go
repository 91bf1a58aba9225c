package poller

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"fmt"
)

// privKind is what a privacy protocol consists of: its cipher, how long the key is that it takes
// from the password, and how a shorter one is lengthened.
type privKind struct {
	newCipher func(key []byte) (cipher.Block, error)
	keyBytes  int
	// reeder tells that the key is lengthened by Reeder's algorithm, else by Blumenthal's.
	reeder bool
	// chained tells CBC with padding and an IV half of which is key (RFC 3414 section 8) from
	// CFB (RFC 3826).
	chained bool
}

var privKinds = map[PrivProtocol]*privKind{
	PrivDES:     {newCipher: newDES, keyBytes: 16, chained: true},
	PrivAES128:  {newCipher: aes.NewCipher, keyBytes: 16},
	PrivAES192:  {newCipher: aes.NewCipher, keyBytes: 24},
	PrivAES256:  {newCipher: aes.NewCipher, keyBytes: 32},
	PrivAES192C: {newCipher: aes.NewCipher, keyBytes: 24, reeder: true},
	PrivAES256C: {newCipher: aes.NewCipher, keyBytes: 32, reeder: true},
}

// newDES uses the first half of the key; the second is the pre-IV (RFC 3414 section 8.1.1.1).
func newDES(key []byte) (cipher.Block, error) { return des.NewCipher(key[:des.BlockSize]) }

// localKeys are the keys of one user at one engine, ready for use by one goroutine at a time.
type localKeys struct {
	engine string
	sign   *signer // nil without authentication
	veil   *veil   // nil without privacy
}

// localise derives the keys of c for an engine. It must not be called while anything waits: the
// first call for a password hashes a mebibyte, and so does each for a key lengthened Reeder's way.
func (c *Credential) localise(engine string) (*localKeys, error) {
	k := &localKeys{engine: engine}
	if c.Level == NoAuthNoPriv {
		return k, nil
	}
	auth, ok := authKinds[c.Auth]
	if !ok || c.AuthPassword.IsZero() {
		return nil, fmt.Errorf("%w: authentication needs a protocol and a password", errNoCredential)
	}
	k.sign = newSigner(auth, auth.localise(passwords.key(auth, c.AuthPassword.Reveal()), engine))
	if c.Level == AuthNoPriv {
		return k, nil
	}
	priv, ok := privKinds[c.Priv]
	if !ok || c.PrivPassword.IsZero() {
		return nil, fmt.Errorf("%w: privacy needs a protocol and a password", errNoCredential)
	}
	key := auth.localise(passwords.key(auth, c.PrivPassword.Reveal()), engine)
	if priv.reeder {
		key = auth.lengthenByPassword(key, priv.keyBytes, engine)
	} else {
		key = auth.lengthen(key, priv.keyBytes)
	}
	veil, err := newVeil(priv, key[:priv.keyBytes])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoCredential, err)
	}
	k.veil = veil
	return k, nil
}
