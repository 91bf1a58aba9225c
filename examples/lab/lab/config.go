//go:build linux

package lab

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultCommunity is the SNMPv2c community of an empty Config.
const DefaultCommunity = "lab-public"

// Config says who may ask the two agents. The zero value is ready: DefaultCommunity and
// DefaultUser, on both routers.
type Config struct {
	// Community is the SNMPv2c community that both agents accept, read only. Empty with no Users
	// means DefaultCommunity; empty with Users means no SNMPv2c at all.
	Community string
	// Users are the SNMPv3 users that both agents know. None, and no Community, means DefaultUser.
	Users []User
}

// User is an SNMPv3 user of the user-based security model (RFC 3414). Its level follows from what
// is set: noAuthNoPriv, authNoPriv or authPriv. The agent refuses requests below that level.
type User struct {
	Name         string
	AuthProtocol string // MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, or empty
	AuthPassword string // 8 characters or more
	PrivProtocol string // DES, AES-128, AES-192, AES-256, or empty
	PrivPassword string // 8 characters or more
}

// DefaultUser returns the authPriv user (SHA-256, AES-128) of an empty Config.
func DefaultUser() User {
	return User{
		Name:         "lab-ro",
		AuthProtocol: "SHA-256", AuthPassword: "lab-auth-secret",
		PrivProtocol: "AES-128", PrivPassword: "lab-priv-secret",
	}
}

// authNames and privNames map the names of an inventory to those of net-snmp.
var (
	authNames = map[string]string{
		"": "", "MD5": "MD5", "SHA-1": "SHA", "SHA-224": "SHA-224",
		"SHA-256": "SHA-256", "SHA-384": "SHA-384", "SHA-512": "SHA-512",
	}
	privNames = map[string]string{
		"": "", "DES": "DES", "AES-128": "AES", "AES-192": "AES-192", "AES-256": "AES-256",
	}
)

// withDefaults fills an empty configuration and refuses one that snmpd could not be told.
func (c Config) withDefaults() (Config, error) {
	if c.Community == "" && len(c.Users) == 0 {
		c.Community, c.Users = DefaultCommunity, []User{DefaultUser()}
	}
	if err := plain("community", c.Community); err != nil {
		return Config{}, err
	}
	for _, u := range c.Users {
		if err := u.validate(); err != nil {
			return Config{}, fmt.Errorf("user %q: %w", u.Name, err)
		}
	}
	return c, nil
}

func (u User) validate() error {
	_, authKnown := authNames[u.AuthProtocol]
	_, privKnown := privNames[u.PrivProtocol]
	switch {
	case u.Name == "":
		return errors.New("has no name")
	case !authKnown:
		return fmt.Errorf("authentication protocol %q is not known", u.AuthProtocol)
	case !privKnown:
		return fmt.Errorf("privacy protocol %q is not known", u.PrivProtocol)
	case u.PrivProtocol != "" && u.AuthProtocol == "":
		return errors.New("has privacy without authentication")
	case u.AuthProtocol != "" && len(u.AuthPassword) < 8, u.PrivProtocol != "" && len(u.PrivPassword) < 8:
		return errors.New("has a password of less than 8 characters")
	}
	return errors.Join(plain("name", u.Name), plain("password", u.AuthPassword), plain("password", u.PrivPassword))
}

// plain refuses what would end a quoted word of snmpd.conf.
func plain(what, s string) error {
	if strings.ContainsAny(s, "\"\\\r\n\x00") {
		return fmt.Errorf("%s holds a quote, a backslash or a line break", what)
	}
	return nil
}

// level is the security level in the words of snmpd.conf and of snmpget.
func (u User) level() (conf, flag string) {
	switch {
	case u.PrivProtocol != "":
		return "priv", "authPriv"
	case u.AuthProtocol != "":
		return "auth", "authNoPriv"
	default:
		return "noauth", "noAuthNoPriv"
	}
}
