package web

import (
	"crypto/rand"
	"net"
	"net/http"
	"slices"
	"strings"

	"go.uber.org/zap"
)

const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"

// secure sets the headers that every answer carries.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// recoverPanic turns a panic into an answer with an id, and the stack into one line of the log.
func (s *Server) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			switch cause {
			case nil:
				return
			case http.ErrAbortHandler: //nolint:errorlint // net/http asks for this very value
				panic(cause)
			}
			id := rand.Text()
			s.deps.Log.Error("request panicked", zap.String("request", id),
				zap.String("path", r.URL.Path), zap.Any("cause", cause), zap.Stack("stack"))
			s.fail(w, r, problem{
				code: http.StatusInternalServerError, text: "bothends made a mistake while answering this request",
				hint: "the log tells more under request id " + id,
			})
		}()
		next.ServeHTTP(w, r)
	})
}

// guardHost refuses requests for other names. A site whose name was pointed at 127.0.0.1 (DNS
// rebinding) could read everything otherwise.
func (s *Server) guardHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(hostOnly(r.Host)) {
			s.fail(w, r, problem{
				code: http.StatusBadRequest, text: "the request asks for the host " + clean(r.Host) + ", which is not this one",
				hint: "open it as http://" + s.cfg.Listen + "/; behind a proxy, let it send that Host",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOnly cuts the port and the brackets of an IPv6 literal off.
func hostOnly(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// methodsOf returns by which methods an address is used. Most can only be read.
func methodsOf(path string) []string {
	const read, look, tell, end = http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete
	alert, ofAlert := strings.CutPrefix(path, alertsPath+"/")
	switch {
	case path == reloadPath, path == replayPath,
		strings.HasPrefix(path, receiversPath) && strings.HasSuffix(path, trialPath):
		return []string{tell}
	case ofAlert && strings.HasSuffix(alert, ackSuffix):
		return []string{tell, end}
	case path == silencesPath, path == worksPath:
		return []string{read, look, tell}
	case strings.HasPrefix(path, silencesPath+"/"), strings.HasPrefix(path, worksPath+"/"):
		return []string{end}
	}
	return []string{read, look}
}

// guardMethod lets only those methods through that an address has, so that nothing changes because
// somebody follows a link.
func (s *Server) guardMethod(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods := methodsOf(r.URL.Path)
		if slices.Contains(methods, r.Method) {
			next.ServeHTTP(w, r)
			return
		}
		text := "this address can only be read"
		if !slices.Contains(methods, http.MethodGet) {
			text = "this address changes something and is not read"
		} else if slices.Contains(methods, http.MethodPost) {
			text = "this address has other methods"
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		s.fail(w, r, problem{
			code: http.StatusMethodNotAllowed, text: text,
			hint: "use " + strings.Join(slices.DeleteFunc(methods, func(m string) bool { return m == http.MethodHead }), " or "),
		})
	})
}

// guardOrigin refuses what another site has a browser send here: only this page, and programs that are
// no browser, may change anything.
func (s *Server) guardOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, problem{
			code: http.StatusForbidden, text: "another site asked for this",
			hint: "use bothends itself, or a request without the headers of a browser",
		})
	}))
	return guard.Handler(next)
}
