package poller

import "github.com/gosnmp/gosnmp"

// header3 is what an SNMPv3 message says outside its encrypted part (RFC 3412 section 6, RFC 3414
// section 2.4), kept beyond its datagram.
type header3 struct {
	id          uint32
	level       Level
	engine      string
	boots, time uint32
	user        string
}

// frame3 is header3 while its datagram is at hand, and the parts that only open needs. Its slices
// lie in the datagram.
type frame3 struct {
	id           uint32
	level        Level
	engine       []byte
	boots, time  uint32
	user         []byte
	digest, salt []byte
	// data is the scoped PDU, or the OCTET STRING that it is encrypted in.
	data []byte
}

// Bits of msgFlags (RFC 3412 section 6.4).
const (
	flagAuth       = 1
	flagPriv       = 2
	flagReportable = 4
)

const securityModelUSM = 3

func (f *frame3) header() header3 {
	return header3{
		id: f.id, level: f.level, engine: string(f.engine), boots: f.boots, time: f.time, user: string(f.user),
	}
}

// parseFrame3 takes an SNMPv3 message apart without believing it.
func parseFrame3(datagram []byte) (f frame3, err error) {
	outer := berReader{rest: datagram}
	body := berReader{rest: outer.take(berSequence)}
	version := body.number()
	if outer.bad || body.bad || len(outer.rest) > 0 {
		return f, errUndecodable
	}
	if version != uint32(gosnmp.Version3) {
		return f, errVersion
	}
	global := berReader{rest: body.take(berSequence)}
	f.id = global.number()
	global.number()
	flags := global.take(berOctets)
	model := global.number()
	params := berReader{rest: body.take(berOctets)}
	f.data = body.rest
	usm := berReader{rest: params.take(berSequence)}
	f.engine = usm.take(berOctets)
	f.boots, f.time = usm.number(), usm.number()
	f.user = usm.take(berOctets)
	f.digest, f.salt = usm.take(berOctets), usm.take(berOctets)
	if global.bad || body.bad || params.bad || usm.bad || len(flags) != 1 || model != securityModelUSM {
		return f, errUndecodable
	}
	switch flags[0] & (flagAuth | flagPriv) {
	case 0:
		f.level = NoAuthNoPriv
	case flagAuth:
		f.level = AuthNoPriv
	case flagAuth | flagPriv:
		f.level = AuthPriv
	default:
		return f, errUndecodable
	}
	return f, nil
}
