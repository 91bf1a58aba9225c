package poller

import (
	"net/netip"
	"time"

	"github.com/bothends/bothends/internal/secret"
)

// Config is what the poller needs of the inventory, resolved and valid.
type Config struct {
	Devices []Device
	Links   []Link
}

// Device is one router and how to ask it.
type Device struct {
	Name string
	// Address is an IPv4 or IPv6 literal without brackets, or a DNS name.
	Address string
	// Port is the agent's UDP port, normally 161.
	Port       uint16
	Credential Credential
	// Timeout bounds one attempt; Retries is how many attempts may follow the first.
	Timeout time.Duration
	Retries int
	// ReplyFrom lists further addresses the agent's replies may come from. Empty means only
	// Address.
	ReplyFrom []netip.Addr
	// CounterCache is how old counters may be when the agent serves them; negative when that is not
	// declared.
	CounterCache time.Duration
	// Context is the SNMPv3 contextName.
	Context string
}

// Link is one link to poll: both ends in the same instant, every Interval.
type Link struct {
	Name string
	// Was is the name under which Reload finds what it polls so far; empty where that is Name.
	Was      string
	Interval time.Duration
	Ends     [2]Endpoint
}

// Endpoint names an interface of a device.
type Endpoint struct {
	Device string
	// Interface is an ifName, ifDescr, unique ifAlias, or "#" and an ifIndex.
	Interface string
}

// Version is the SNMP version of a credential.
type Version uint8

// Supported versions.
const (
	V2c Version = iota
	V3
)

// Level is the security level of SNMPv3 (RFC 3411 section 3.4.3).
type Level uint8

// Security levels.
const (
	NoAuthNoPriv Level = iota
	AuthNoPriv
	AuthPriv
)

// AuthProtocol authenticates SNMPv3 messages (RFC 3414, RFC 7860).
type AuthProtocol string

// Authentication protocols, written as in the inventory.
const (
	AuthMD5    AuthProtocol = "MD5"
	AuthSHA1   AuthProtocol = "SHA-1"
	AuthSHA224 AuthProtocol = "SHA-224"
	AuthSHA256 AuthProtocol = "SHA-256"
	AuthSHA384 AuthProtocol = "SHA-384"
	AuthSHA512 AuthProtocol = "SHA-512"
)

// PrivProtocol encrypts SNMPv3 messages (RFC 3414, RFC 3826 and its AES-192/256 extensions).
type PrivProtocol string

// Privacy protocols. The C forms use the key extension of Cisco (reeder), the plain ones
// Blumenthal's.
const (
	PrivDES     PrivProtocol = "DES"
	PrivAES128  PrivProtocol = "AES-128"
	PrivAES192  PrivProtocol = "AES-192"
	PrivAES256  PrivProtocol = "AES-256"
	PrivAES192C PrivProtocol = "AES-192-C"
	PrivAES256C PrivProtocol = "AES-256-C"
)

// Credential is how to log in to routers.
type Credential struct {
	Name    string
	Version Version
	// Community is for V2c, at most 127 bytes.
	Community secret.Secret
	// The rest is for V3.
	User         string
	Level        Level
	Auth         AuthProtocol
	AuthPassword secret.Secret
	Priv         PrivProtocol
	PrivPassword secret.Secret
}
