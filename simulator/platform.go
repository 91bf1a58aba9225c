package simulator

import "strings"

// Platform is the make of a router: how it names itself and its interfaces.
type Platform int

// Platforms. The zero value is a plain Linux router.
const (
	Linux Platform = iota
	Junos
	IOSXR
	IOS
	EOS
	SROS
)

// platforms holds sysDescr (%s is the name) and sysObjectID.
var platforms = [...]struct{ descr, objectID string }{
	Linux: {"Linux %s 6.1.0 x86_64", ".1.3.6.1.4.1.8072.3.2.10"},
	Junos: {
		"Juniper Networks, Inc. mx480 internet router, kernel JUNOS 22.4R3 (%s)",
		".1.3.6.1.4.1.2636.1.1.1.2.25",
	},
	IOSXR: {
		"Cisco IOS XR Software (ASR9K), Version 7.9.2 (%s)", ".1.3.6.1.4.1.9.1.1017",
	},
	IOS: {
		"Cisco IOS Software [Cupertino], Version 17.9.4 (%s)", ".1.3.6.1.4.1.9.1.2862",
	},
	EOS: {
		"Arista Networks EOS version 4.30.2F running on DCS-7280SR3 (%s)",
		".1.3.6.1.4.1.30065.1.3011.7280",
	},
	SROS: {"TiMOS-C-23.7.R1 cpm/hops64 Nokia 7750 SR (%s)", ".1.3.6.1.4.1.6527.1.3.8"},
}

func (p Platform) description(name string) string {
	return strings.Replace(platforms[p].descr, "%s", name, 1)
}

// shortNames are the prefixes that IOS and IOS XR write out in ifDescr.
var shortNames = []struct{ short, long string }{
	{"Hu", "HundredGigE"},
	{"Te", "TenGigabitEthernet"},
	{"Gi", "GigabitEthernet"},
}

// ifDescr returns ifDescr of the interface with this ifName.
func (p Platform) ifDescr(name string) string {
	switch p {
	case IOS, IOSXR:
		for _, n := range shortNames {
			if rest, ok := strings.CutPrefix(name, n.short); ok && !strings.HasPrefix(name, n.long) {
				return n.long + rest
			}
		}
	case SROS:
		return name + ", Ethernet"
	case Linux, Junos, EOS:
	}
	return name
}
