// Package web serves the page, the JSON API, health and metrics. It reads snapshots from a Source
// and never slows the pipeline.
//
// There is no login, so it listens on loopback only and answers only requests whose Host is a
// loopback name: a page of another site cannot reach it by pointing its own name at 127.0.0.1.
// Strings that come from routers are data everywhere: html/template escapes them on the page,
// encoding/json in the API, and a strict Content-Security-Policy forbids whatever might slip
// through. Nothing here needs a script.
package web
