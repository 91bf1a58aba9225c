package configs

import (
	"time"
)

var siteBlock = block{name: "site", keys: []string{"name", "lat", "lon", "timezone"}}

func (w *walker) site(name string, key, v value) {
	w.inventory.sites[name] = Site{}
	f, ok := w.open(v, &siteBlock, "site "+quote(name), key.span())
	if !ok {
		return
	}
	var s Site
	if v, ok := f.get("name"); ok {
		s.Title, _ = w.label(v)
	}
	lat, hasLat := f.get("lat")
	lon, hasLon := f.get("lon")
	if hasLat {
		s.Lat = w.degrees(lat, 90)
	}
	if hasLon {
		s.Lon = w.degrees(lon, 180)
	}
	if hasLat != hasLon {
		w.report("E012", f.at, "%s has only one of lat and lon", f.what).help("give both or neither")
	}
	s.HasPosition = hasLat && hasLon
	if v, ok := f.get("timezone"); ok {
		s.Zone = w.timezone(v)
	}
	w.inventory.sites[name] = s
}

func (w *walker) timezone(v value) *time.Location {
	s, ok := w.text(v)
	if !ok {
		return nil
	}
	return w.zone(v, s)
}
