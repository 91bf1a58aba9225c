//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bothends/bothends/examples/lab/lab"
)

// inventory is filled in with the lab's directory, the two addresses, the name of the user, and
// the two names of the interface. The capacity is declared because TAP devices report a speed
// that means nothing.
const inventory = `# Written by examples/lab; it goes away with the lab.
version: 1

state_dir: %[1]s/state

defaults:
  interval: 10s

credentials:
  by-community:
    version: 2c
    community: "${file:%[1]s/community}"
  by-user:
    version: 3
    user: %[4]s
    level: authPriv
    auth: {protocol: SHA-256, password: "${file:%[1]s/auth-password}"}
    priv: {protocol: AES-128, password: "${file:%[1]s/priv-password}"}

devices:
  # net-snmp refreshes its counters every 3 s; the error bar of the loss depends on it.
  r1: {address: %[2]s, credential: by-community, counter_cache: 3s}
  r2: {address: %[3]s, credential: by-user, counter_cache: 3s}

links:
  r1-r2:
    a: r1:%[5]s
    z: r2:%[6]s
    capacity: 10M
`

// writeInventory puts the inventory and its secrets into the lab's directory and returns its path.
func writeInventory(l *lab.Lab) (string, error) {
	user := lab.DefaultUser()
	files := map[string]string{
		"community":     lab.DefaultCommunity,
		"auth-password": user.AuthPassword,
		"priv-password": user.PrivPassword,
		"links.yaml": fmt.Sprintf(inventory, l.Dir(), l.Router(1).Address().Addr(), l.Router(2).Address().Addr(),
			user.Name, l.Router(1).Interface(), l.Router(2).Interface()),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(l.Dir(), name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write inventory: %w", err)
		}
	}
	return filepath.Join(l.Dir(), "links.yaml"), nil
}
