package poller

import (
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	crand "crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

// signer makes and checks the digests of messages (RFC 3414 sections 6.3 and 7.3, RFC 7860 section
// 4.2). Its HMAC keeps the hashed key between messages.
type signer struct {
	key     []byte
	mac     hash.Hash
	carried int
	sum     [64]byte
}

func newSigner(a *authKind, key []byte) *signer {
	return &signer{key: key, mac: hmac.New(a.newHash, key), carried: a.carried}
}

// digest is that of a whole message in which the place of the digest is zero. It is overwritten
// by the next one.
func (s *signer) digest(message []byte) []byte {
	s.mac.Reset()
	s.mac.Write(message)
	return s.mac.Sum(s.sum[:0])[:s.carried]
}

// verify reports whether digest, a part of message, is right. It leaves zeros in its place.
func (s *signer) verify(message, digest []byte) bool {
	var told [64]byte
	n := copy(told[:], digest)
	clear(digest)
	return subtle.ConstantTimeCompare(told[:n], s.digest(message)) == 1
}

// saltBytes is the length of the privacy parameters of every protocol.
const saltBytes = 8

// veil encrypts and decrypts in place, with AES in CFB-128 (RFC 3826 section 3.1) or DES in CBC
// (RFC 3414 section 8.1).
type veil struct {
	key     []byte
	block   cipher.Block
	size    int // of a block, in bytes
	chained bool
	// salt counts up from a random start, so that no two messages under one key share an IV, not
	// even those of two Pollers.
	salt uint64
	// iv and next are here because what is given to a cipher.Block is moved to the heap.
	iv, next [16]byte
}

func newVeil(p *privKind, key []byte) (*veil, error) {
	block, err := p.newCipher(key)
	if err != nil {
		return nil, err
	}
	var start [saltBytes]byte
	_, _ = crand.Read(start[:])
	return &veil{
		key: key, block: block, size: block.BlockSize(), chained: p.chained,
		salt: binary.BigEndian.Uint64(start[:]),
	}, nil
}

// padded is how long n bytes are once encrypted.
func (v *veil) padded(n int) int {
	if !v.chained {
		return n
	}
	return (n + v.size - 1) / v.size * v.size
}

// nextSalt returns the privacy parameters of the next message. Those of DES tell the engine's boots
// and a counter (RFC 3414 section 8.1.1.1), those of AES a counter (RFC 3826 section 3.1.2.1).
func (v *veil) nextSalt(boots uint32) (salt [saltBytes]byte) {
	v.salt++
	binary.BigEndian.PutUint64(salt[:], v.salt)
	if v.chained {
		binary.BigEndian.PutUint32(salt[:], boots)
	}
	return salt
}

// begin makes the IV of one message; salt has saltBytes bytes.
func (v *veil) begin(boots, time uint32, salt []byte) {
	if v.chained {
		subtle.XORBytes(v.iv[:], v.key[des.BlockSize:], salt)
		return
	}
	binary.BigEndian.PutUint32(v.iv[:], boots)
	binary.BigEndian.PutUint32(v.iv[4:], time)
	copy(v.iv[8:], salt)
}

// encrypt changes data, whose length is one that padded returns.
func (v *veil) encrypt(data []byte) {
	iv := v.iv[:v.size]
	for len(data) > 0 {
		n := min(len(data), v.size)
		if v.chained {
			subtle.XORBytes(data, data[:n], iv)
			v.block.Encrypt(data, data)
		} else {
			v.block.Encrypt(iv, iv)
			subtle.XORBytes(data, data[:n], iv)
		}
		copy(iv, data)
		data = data[n:]
	}
}

// decrypt is the inverse of encrypt.
func (v *veil) decrypt(data []byte) {
	iv, next := v.iv[:v.size], v.next[:v.size]
	for len(data) > 0 {
		n := copy(next, data)
		if v.chained {
			v.block.Decrypt(data, data)
		} else {
			v.block.Encrypt(iv, iv)
		}
		subtle.XORBytes(data, data[:n], iv)
		iv, next = next, iv
		data = data[n:]
	}
}
