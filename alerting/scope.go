package alerting

import "github.com/bothends/bothends/linkmodel"

// Scope selects links. Every set field must match; within a field any of the values is enough. The zero
// Scope selects every link.
type Scope struct {
	Link    []string `json:"link,omitempty"`
	Type    []string `json:"type,omitempty"`
	Group   []string `json:"group,omitempty"`
	Carrier []string `json:"carrier,omitempty"`
	Circuit []string `json:"circuit,omitempty"`
	Site    []string `json:"site,omitempty"`
	Device  []string `json:"device,omitempty"`
}

// Includes reports whether a link is selected.
func (s *Scope) Includes(l *linkmodel.Link) bool {
	a, z := &l.Ends[linkmodel.EndA], &l.Ends[linkmodel.EndZ]
	return anyOf(s.Link, l.Name) &&
		anyOf(s.Type, l.Type) &&
		anyOf(s.Group, l.Groups...) &&
		anyOf(s.Carrier, l.Circuit.Carrier) &&
		anyOf(s.Circuit, l.Circuit.ID) &&
		anyOf(s.Site, a.Site, z.Site) &&
		anyOf(s.Device, a.Device, z.Device)
}
