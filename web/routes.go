package web

import (
	"embed"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

//go:embed static
var staticFiles embed.FS

// maxScrapes bounds how many /metrics requests are gathered at once.
const maxScrapes = 4

// handler is the list of everything that is answered, inside what guards it.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.getOverview)
	mux.HandleFunc("GET /links/{link}", s.getLinkPage)
	mux.HandleFunc("GET /api/v1/links", s.getLinks)
	mux.HandleFunc("GET /api/v1/links/{link}", s.getLink)
	mux.HandleFunc("GET /api/v1/links/{link}/series", s.getSeries)
	mux.HandleFunc("GET /api/v1/links/{link}/percentile", s.getPercentile)
	mux.HandleFunc("GET /api/v1/links/{link}/events", s.getEvents)
	mux.HandleFunc("GET /api/v1/links/{link}/explain", s.getExplanation)
	mux.HandleFunc("GET /api/v1/diff", s.getDifference)
	mux.HandleFunc("GET /api/v1/receivers/{receiver}", s.getReceiver)
	mux.HandleFunc("GET "+alertsPath, s.getAlerts)
	mux.HandleFunc("POST "+alertsPath+"/{id}"+ackSuffix, s.postAck)
	mux.HandleFunc("DELETE "+alertsPath+"/{id}"+ackSuffix, s.deleteAck)
	mux.HandleFunc("GET "+silencesPath, s.getSilences)
	mux.HandleFunc("POST "+silencesPath, s.postSilence)
	mux.HandleFunc("DELETE "+silencesPath+"/{id}", s.deleteSilence)
	mux.HandleFunc("GET "+worksPath, s.getWorks)
	mux.HandleFunc("POST "+worksPath, s.postWork)
	mux.HandleFunc("DELETE "+worksPath+"/{id}", s.deleteWork)
	mux.HandleFunc("GET /api/v1/status", s.getStatus)
	mux.HandleFunc("POST "+reloadPath, s.postReload)
	mux.HandleFunc("POST "+replayPath, s.postReplay)
	mux.HandleFunc("POST "+receiversPath+"{receiver}"+trialPath, s.postTest)
	mux.HandleFunc("GET /healthz", s.getHealth)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.deps.Gatherer,
		promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes}))
	mux.HandleFunc("GET /style.css", static("text/css; charset=utf-8", "static/style.css"))
	mux.HandleFunc("GET /icon.svg", static("image/svg+xml", "static/icon.svg"))
	mux.HandleFunc("/", s.notFound)
	return s.recoverPanic(secure(s.guardHost(s.guardMethod(s.guardOrigin(mux)))))
}

func static(contentType, name string) http.HandlerFunc {
	content, err := staticFiles.ReadFile(name)
	if err != nil {
		panic(err) // the file is embedded: only a misspelt name gets here
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = w.Write(content)
	}
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, problem{
		code: http.StatusNotFound, text: "there is nothing at " + clean(r.URL.Path),
		hint: "the page is at /, the API under /api/v1/ (links, alerts, status)",
	})
}

func (s *Server) getHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := s.source.Healthy(s.deps.Now()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(clean(err.Error()) + "\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
