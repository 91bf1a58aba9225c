package samples

import "strconv"

// Names remembers under which key the samples of a link are kept. A series cannot be renamed on the disk,
// so a link that gets another name keeps its key, and one that later takes the free name needs a key of
// its own. Only links whose key is not their name are remembered.
type Names interface {
	// SeriesKeys returns the remembered keys by the names of their links.
	SeriesKeys() (map[string]string, error)
	// SaveSeriesKey remembers the key of one link.
	SaveSeriesKey(link, key string) error
}

// keys are the keys of links whose key is not their name.
type keys struct {
	byLink map[string]string
	used   map[string]bool // the keys in byLink
}

func newKeys(byLink map[string]string) *keys {
	k := &keys{byLink: byLink, used: make(map[string]bool, len(byLink))}
	if byLink == nil {
		k.byLink = map[string]string{}
	}
	for _, key := range byLink {
		k.used[key] = true
	}
	return k
}

// of returns the key of a link, and whether it was made just now and has to be remembered.
func (k *keys) of(link string) (key string, made bool) {
	if key, ok := k.byLink[link]; ok {
		return key, false
	}
	if !k.used[link] {
		return link, false
	}
	for n := 2; ; n++ {
		// No name of a link holds a control character.
		if key = link + "\x1f" + strconv.Itoa(n); !k.used[key] {
			break
		}
	}
	k.set(link, key)
	return key, true
}

// rename moves a key from a link's former name to its present one.
func (k *keys) rename(now, was string) {
	if _, ok := k.byLink[now]; ok {
		return
	}
	key, _ := k.of(was)
	delete(k.byLink, was)
	k.set(now, key)
}

func (k *keys) set(link, key string) {
	k.byLink[link] = key
	k.used[key] = true
}
