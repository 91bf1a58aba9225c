package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gosnmp/gosnmp"
)

// reader decodes SNMPv2c, and the header of SNMPv3, for all agents: with nothing left to default, it
// only reads itself.
var reader = &gosnmp.GoSNMP{
	Version: gosnmp.Version2c, Transport: "udp", MaxOids: gosnmp.MaxOids, Context: context.Background(),
}

// codec holds an agent's decoder and its SNMPv3 engine.
type codec struct {
	engineID string
	// secure decodes authenticated requests; nil without a user.
	secure *gosnmp.GoSNMP
	usm    *gosnmp.UsmSecurityParameters
	level  gosnmp.SnmpV3MsgFlags
	// keys are made at the first request: a password costs a megabyte of hashing.
	keys    sync.Once
	keysErr error
	reports [numReports]atomic.Uint32
}

// report names a usmStats counter (RFC 3414 section 5), by the last part of its OID.
type report int

const (
	unsupportedSecLevels report = 1 + iota
	notInTimeWindows
	unknownUserNames
	unknownEngineIDs
	wrongDigests
	numReports
)

var authProtocols = map[string]gosnmp.SnmpV3AuthProtocol{
	"": gosnmp.NoAuth, "MD5": gosnmp.MD5, "SHA-1": gosnmp.SHA, "SHA-224": gosnmp.SHA224,
	"SHA-256": gosnmp.SHA256, "SHA-384": gosnmp.SHA384, "SHA-512": gosnmp.SHA512,
}

var privProtocols = map[string]gosnmp.SnmpV3PrivProtocol{
	"": gosnmp.NoPriv, "DES": gosnmp.DES, "AES-128": gosnmp.AES, "AES-192": gosnmp.AES192,
	"AES-256": gosnmp.AES256, "AES-192-C": gosnmp.AES192C, "AES-256-C": gosnmp.AES256C,
}

// minPassword is the shortest password of RFC 3414 section 11.2.
const minPassword = 8

// check returns why the user cannot be served; a nil user is fine.
func (u *V3User) check() error {
	if u == nil {
		return nil
	}
	_, auth := authProtocols[u.Auth]
	_, priv := privProtocols[u.Priv]
	switch {
	case u.Name == "":
		return errors.New("the SNMPv3 user has no name")
	case !auth:
		return fmt.Errorf("unknown authentication protocol %q", u.Auth)
	case !priv:
		return fmt.Errorf("unknown privacy protocol %q", u.Priv)
	case u.Priv != "" && u.Auth == "":
		return errors.New("privacy needs authentication")
	case u.Auth != "" && len(u.AuthPassword) < minPassword,
		u.Priv != "" && len(u.PrivPassword) < minPassword:
		return fmt.Errorf("SNMPv3 passwords have at least %d characters", minPassword)
	}
	return nil
}

func (u *V3User) level() gosnmp.SnmpV3MsgFlags {
	switch {
	case u.Priv != "":
		return gosnmp.AuthPriv
	case u.Auth != "":
		return gosnmp.AuthNoPriv
	default:
		return gosnmp.NoAuthNoPriv
	}
}

func (c *codec) init(config *Router, r *rand.Rand) {
	// Format 5 of snmpEngineID (RFC 3411): enterprise number, 5, eight octets of our choice.
	id := [13]byte{0x80, 0x00, 0x1f, 0x88, 5}
	for i := 5; i < len(id); i++ {
		id[i] = byte(r.Uint32())
	}
	c.engineID = string(id[:])
	u := config.V3
	if u == nil {
		return
	}
	c.level = u.level()
	c.usm = &gosnmp.UsmSecurityParameters{
		AuthoritativeEngineID: c.engineID, UserName: u.Name,
		AuthenticationProtocol: authProtocols[u.Auth], AuthenticationPassphrase: u.AuthPassword,
		PrivacyProtocol: privProtocols[u.Priv], PrivacyPassphrase: u.PrivPassword,
	}
	c.secure = &gosnmp.GoSNMP{
		Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: c.level,
		SecurityParameters: c.usm,
	}
}

// replyV3 follows RFC 3414 section 3.2 in its order of checks. header holds what could be read
// without keys.
func (a *Agent) replyV3(request []byte, header *gosnmp.SnmpPacket) []byte {
	c := &a.codec
	usm, ok := header.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok || c.secure == nil || header.SecurityModel != gosnmp.UserSecurityModel {
		return nil
	}
	level := header.MsgFlags & gosnmp.AuthPriv
	switch {
	case usm.AuthoritativeEngineID != c.engineID:
		return a.report(header, unknownEngineIDs, gosnmp.NoAuthNoPriv)
	case usm.UserName != c.usm.UserName:
		return a.report(header, unknownUserNames, gosnmp.NoAuthNoPriv)
	case level > c.level:
		return a.report(header, unsupportedSecLevels, gosnmp.NoAuthNoPriv)
	case c.localise() != nil:
		return nil
	case level == gosnmp.NoAuthNoPriv && c.level != level:
		return a.refuse(header)
	}
	packet, err := c.secure.UnmarshalTrap(slices.Clone(request), true)
	if err != nil {
		if err.Error() == notAuthentic {
			return a.report(header, wrongDigests, gosnmp.NoAuthNoPriv)
		}
		return nil // undecodable, most often a wrong privacy password: silence, as net-snmp does
	}
	if level != gosnmp.NoAuthNoPriv && !a.timely(usm) {
		return a.report(packet, notInTimeWindows, gosnmp.AuthNoPriv)
	}
	if level < c.level {
		return a.refuse(packet)
	}
	response, ok := a.respond(packet)
	if !ok {
		return nil
	}
	return a.seal(packet, response, level)
}

// notAuthentic is gosnmp's text for a wrong digest; it exports no error value.
const notAuthentic = "incoming packet is not authentic, discarding"

// localise makes the keys of this engine once. Keys that are there already cost nothing.
func (c *codec) localise() error {
	c.keys.Do(func() { c.keysErr = c.usm.InitSecurityKeys() })
	return c.keysErr
}

// timeWindow is how many seconds a sender's idea of the engine's time may be off.
const timeWindow = 150

// clock returns snmpEngineBoots and snmpEngineTime.
func (a *Agent) clock() (boots, seconds uint32) {
	a.sim.mu.RLock()
	defer a.sim.mu.RUnlock()
	v := view{agent: a, now: a.sim.elapsed()}
	return a.boots, v.engineTime()
}

func (a *Agent) timely(usm *gosnmp.UsmSecurityParameters) bool {
	boots, seconds := a.clock()
	off := int64(usm.AuthoritativeEngineTime) - int64(seconds)
	return usm.AuthoritativeEngineBoots == boots && -timeWindow <= off && off <= timeWindow
}

// refuse answers authorizationError: the user may not ask at this security level.
func (a *Agent) refuse(request *gosnmp.SnmpPacket) []byte {
	boots, seconds := a.clock()
	packet := &gosnmp.SnmpPacket{
		Version: gosnmp.Version3, PDUType: gosnmp.GetResponse, RequestID: request.RequestID,
		Error: gosnmp.AuthorizationError, Variables: request.Variables,
	}
	return a.seal(request, response{packet, boots, seconds}, request.MsgFlags&gosnmp.AuthPriv)
}

// report counts a problem and tells it (RFC 3414 section 3.2). A request that does not ask for
// reports gets none.
func (a *Agent) report(request *gosnmp.SnmpPacket, kind report, level gosnmp.SnmpV3MsgFlags) []byte {
	n := a.codec.reports[kind].Add(1)
	if request.MsgFlags&gosnmp.Reportable == 0 {
		return nil
	}
	boots, seconds := a.clock()
	packet := &gosnmp.SnmpPacket{
		Version: gosnmp.Version3, PDUType: gosnmp.Report, RequestID: request.RequestID,
		Variables: []gosnmp.SnmpPDU{{
			Name: fmt.Sprintf(".1.3.6.1.6.3.15.1.1.%d.0", kind), Type: gosnmp.Counter32, Value: n,
		}},
	}
	return a.seal(request, response{packet, boots, seconds}, level)
}

// seal adds the SNMPv3 header, encrypts and authenticates as the level asks.
func (a *Agent) seal(request *gosnmp.SnmpPacket, r response, level gosnmp.SnmpV3MsgFlags) []byte {
	packet := r.packet
	usm, ok := a.codec.usm.Copy().(*gosnmp.UsmSecurityParameters)
	asked, fine := request.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok || !fine {
		return nil
	}
	usm.UserName = asked.UserName
	usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = r.boots, r.engineTime
	packet.MsgID, packet.MsgFlags = request.MsgID, level
	packet.MsgMaxSize = maxMessageSize
	packet.SecurityModel = gosnmp.UserSecurityModel
	packet.SecurityParameters = usm
	packet.ContextEngineID, packet.ContextName = a.codec.engineID, request.ContextName
	// The salt must come from the shared parameters, which count it up.
	if err := a.codec.usm.InitPacket(packet); err != nil {
		return nil
	}
	return marshal(packet)
}
