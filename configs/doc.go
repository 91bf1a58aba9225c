// Package configs reads the inventory: the YAML in which an operator declares routers, links and
// what is normal for them.
//
// Loading is strict. The text is decoded to YAML nodes, which know their line and column, and
// walked by hand: one file per block of the inventory. Every mistake becomes a Problem with its
// place, the source line and a suggestion, and all problems of all files come at once. Only a
// file without errors gives an Inventory, which holds the resolved Config of every room.
//
// This is the only package that knows YAML.
package configs
