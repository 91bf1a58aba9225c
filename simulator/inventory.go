package simulator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// inventoryHead polls every two seconds and judges quickly, so that a fault shows at once.
const inventoryHead = `version: 1

defaults:
  interval: 2s
  timeout: 500ms
  retries: 1
`

// inventoryType is a link type with thresholds that are passed within seconds.
const inventoryType = `  %s:
    utilization: {warn: 80%%, crit: 90%%, for: 4s}
    errors: {warn: 0.01%%, crit: 0.1%%, for: 4s}
    discards: {warn: 0.1%%, crit: 1%%, for: 4s}
    loss: {warn: 0.5%%, crit: 2%%, for: 4s}
    down: {crit: 0s}
`

// DemoInventory returns the inventory (YAML) of a simulated network, as a user would write it:
// polled every 2 s, with thresholds that a fault passes within seconds. The routers' ports must be
// known; see Simulator.Config when they were 0.
func DemoInventory(c Config) string {
	w := &inventory{}
	w.WriteString(inventoryHead)
	w.credentials(c.Routers)
	w.sites(c.Sites)
	w.WriteString("\ndevices:\n")
	for i := range c.Routers {
		w.device(&c.Routers[i])
	}
	w.linkTypes(c.Links)
	w.WriteString("\nlinks:\n")
	for i := range c.Links {
		w.link(&c.Links[i])
	}
	return w.String()
}

type inventory struct {
	strings.Builder
	// names of credentials by what they hold
	byCommunity map[string]string
	byUser      map[V3User]string
}

// credentials writes each community and user once, and names them v2c, v2c-2, v3 and so on.
func (w *inventory) credentials(routers []Router) {
	w.byCommunity, w.byUser = make(map[string]string), make(map[V3User]string)
	w.WriteString("\ncredentials:\n")
	for i := range routers {
		r := &routers[i]
		switch {
		case r.V3 != nil && w.byUser[*r.V3] == "":
			name := numbered("v3", len(w.byUser))
			w.byUser[*r.V3] = name
			w.user(name, r.V3)
		case r.V3 == nil && w.byCommunity[r.Community] == "":
			name := numbered("v2c", len(w.byCommunity))
			w.byCommunity[r.Community] = name
			fmt.Fprintf(w, "  %s: {version: 2c, community: %q}\n", name, r.Community)
		}
	}
}

func numbered(name string, taken int) string {
	if taken == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, taken+1)
}

// levelName is the user's security level as the inventory writes it.
func (u *V3User) levelName() string {
	switch {
	case u.Priv != "":
		return "authPriv"
	case u.Auth != "":
		return "authNoPriv"
	default:
		return "noAuthNoPriv"
	}
}

func (w *inventory) user(name string, u *V3User) {
	fmt.Fprintf(w, "  %s:\n    version: 3\n    user: %q\n    level: %s\n", name, u.Name, u.levelName())
	if u.Auth != "" {
		fmt.Fprintf(w, "    auth: {protocol: %s, password: %q}\n", u.Auth, u.AuthPassword)
	}
	if u.Priv != "" {
		fmt.Fprintf(w, "    priv: {protocol: %s, password: %q}\n", u.Priv, u.PrivPassword)
	}
}

func (w *inventory) sites(sites []Site) {
	if len(sites) == 0 {
		return
	}
	w.WriteString("\nsites:\n")
	for _, s := range sites {
		fmt.Fprintf(w, "  %s: {name: %q, lat: %.3f, lon: %.3f, timezone: %s}\n",
			plain(s.Name), s.Title, s.Lat, s.Lon, s.Timezone)
	}
}

func (w *inventory) linkTypes(links []Link) {
	seen := map[string]bool{"": true}
	for i := range links {
		kind := links[i].Type
		if seen[kind] {
			continue
		}
		if len(seen) == 1 {
			w.WriteString("\nlink_types:\n")
		}
		seen[kind] = true
		fmt.Fprintf(w, inventoryType, plain(kind))
	}
}

func (w *inventory) device(r *Router) {
	credential := w.byCommunity[r.Community]
	if r.V3 != nil {
		credential = w.byUser[*r.V3]
	}
	fmt.Fprintf(w, "  %s: {address: %s, port: %d, ", plain(r.Name), r.Addr.Addr(), r.Addr.Port())
	if r.Site != "" {
		fmt.Fprintf(w, "site: %s, ", plain(r.Site))
	}
	fmt.Fprintf(w, "credential: %s, counter_cache: %s}\n", credential, r.CacheAge)
}

func (w *inventory) link(l *Link) {
	fmt.Fprintf(w, "  %s:\n    a: %q\n    z: %q\n", plain(l.Name),
		l.A.Router+":"+l.A.Interface, l.Z.Router+":"+l.Z.Interface)
	if l.Type != "" {
		fmt.Fprintf(w, "    type: %s\n", plain(l.Type))
	}
	if c := l.capacities(); c[AToZ] == c[ZToA] {
		fmt.Fprintf(w, "    capacity: %s\n", rate(c[AToZ]))
	} else {
		fmt.Fprintf(w, "    capacity: {a_to_z: %s, z_to_a: %s}\n", rate(c[AToZ]), rate(c[ZToA]))
	}
	if l.Circuit != "" {
		fmt.Fprintf(w, "    circuit: {carrier: %q, id: %q", l.Carrier, l.Circuit)
		if l.Phone != "" {
			fmt.Fprintf(w, ", phone: %q", l.Phone)
		}
		w.WriteString("}\n")
	}
	if len(l.Groups) > 0 {
		groups := make([]string, len(l.Groups))
		for i := range groups {
			groups[i] = plain(l.Groups[i])
		}
		fmt.Fprintf(w, "    groups: [%s]\n", strings.Join(groups, ", "))
	}
}

// rate writes bit/s with the largest unit that keeps it whole, or else in kbit/s.
func rate(bps uint64) string {
	for _, unit := range []struct {
		size uint64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if bps%unit.size == 0 {
			return fmt.Sprintf("%d%s", bps/unit.size, unit.name)
		}
	}
	return strconv.FormatFloat(float64(bps)/1e3, 'f', -1, 64) + "k"
}

var plainText = regexp.MustCompile(`^[a-z][a-z0-9.-]*$`)

// plain returns a name as it may stand in YAML, in quotes where it needs them.
func plain(name string) string {
	if plainText.MatchString(name) {
		return name
	}
	return fmt.Sprintf("%q", name)
}
