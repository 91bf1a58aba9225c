package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/bothends/bothends/internal/hostile"
	"github.com/bothends/bothends/linkmodel"
)

// fill sets every string inside v, however deep, and gives empty lists one element. Fields that
// are added later are filled too.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), s)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field, s)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	default:
	}
}

func filled[T any](v T, s string) T {
	fill(reflect.ValueOf(&v).Elem(), s)
	return v
}

// hostileServer has s in every string that it could ever show.
func hostileServer(t *testing.T, s string) *Server {
	t.Helper()
	v := filled(zSilent(), s)
	v.Findings = append(v.Findings, linkmodel.Finding{Kind: linkmodel.KindSaturated, Episode: s})
	src := &fake{
		views: []*linkmodel.View{v}, alerts: []Alert{filled(Alert{}, s)},
		status: filled(Status{Started: now}, s), health: fmt.Errorf("unhealthy: %s", s),
	}
	src.events = func(EventQuery) ([]Event, error) { return []Event{filled(Event{At: now}, s)}, nil }
	return newServer(t, src)
}

var htmlPages = []func(name string) string{
	func(string) string { return "/" },
	func(string) string { return "/?state=unreachable" },
	func(name string) string { return "/?state=unreachable&page=1&carrier=" + url.QueryEscape(name) },
	linkPath,
}

// skeleton lists the elements of a page with the names of their attributes, and the values of
// those attributes that no string from outside may reach.
func skeleton(t *testing.T, body string) []string {
	t.Helper()
	var out []string
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.CommentToken:
			out = append(out, "comment")
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			var line strings.Builder
			line.WriteString(token.Data)
			for _, a := range token.Attr {
				line.WriteString(" " + a.Key)
				if a.Key != "href" && a.Key != "content" {
					line.WriteString("=" + a.Val)
				}
				if a.Key == "href" && (!strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//")) {
					t.Errorf("address %q leaves the site", a.Val)
				}
			}
			out = append(out, line.String())
		case html.EndTagToken:
			out = append(out, "/"+z.Token().Data)
		case html.TextToken, html.DoctypeToken:
		}
	}
}

func TestHostileStringsOnPages(t *testing.T) {
	all := hostile.Page()
	if len(all) != 200 {
		t.Fatalf("%d strings", len(all))
	}
	harmless := hostileServer(t, "x")
	for _, path := range htmlPages {
		want := skeleton(t, get(t, harmless, path("x")).Body.String())
		if len(want) < 50 || slices.Contains(want, "script") {
			t.Fatalf("%s: not a page: %q", path("x"), want)
		}
		for _, s := range all {
			w := get(t, hostileServer(t, s), path(s))
			if w.Code != http.StatusOK {
				t.Fatalf("%q on %s: %d %s", s, path(s), w.Code, w.Body)
			}
			body := w.Body.String()
			if diff := cmp.Diff(want, skeleton(t, body)); diff != "" {
				t.Fatalf("%q changes %s (-want +got)\n%s", s, path(s), diff)
			}
			if i := strings.IndexFunc(body, invisible); i >= 0 {
				t.Fatalf("%q leaves %q on %s", s, body[i:i+4], path(s))
			}
		}
	}
}

// invisible reports characters that no page of ours contains.
func invisible(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar)
}

func TestHostileStringsInAPI(t *testing.T) {
	for _, s := range hostile.Page() {
		server := hostileServer(t, s)
		api := "/api/v1" + linkPath(s)
		for _, path := range []string{"/api/v1/links", api, api + "/events", api + "/series?field=state", "/api/v1/alerts", "/api/v1/status"} {
			w := get(t, server, path)
			if w.Code != http.StatusOK || !json.Valid(w.Body.Bytes()) || strings.ContainsAny(w.Body.String(), "<>&") {
				t.Fatalf("%q on %s: %d %s", s, path, w.Code, w.Body)
			}
		}
		var link linkJSON
		if err := json.Unmarshal(get(t, server, api).Body.Bytes(), &link); err != nil {
			t.Fatal(err)
		}
		// A byte that is no UTF-8 cannot be told in JSON; each becomes the replacement character.
		if want := string([]rune(s)); link.Link != want {
			t.Errorf("%q came back as %q", s, link.Link)
		}
	}
}

// What was asked for comes back in error texts; those must be as harmless.
func TestHostileStringsInErrors(t *testing.T) {
	control := regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f]`)
	for _, s := range hostile.Page() {
		server := newServer(t, &fake{health: fmt.Errorf("unhealthy: %s", s)})
		for _, path := range []string{
			linkPath(s), "/?" + url.QueryEscape(s) + "=1", "/?state=" + url.QueryEscape(s), "/healthz",
			"/api/v1" + linkPath(s), "/api/v1/links?" + url.QueryEscape(s),
		} {
			w := get(t, server, path)
			kind := w.Header().Get("Content-Type")
			if w.Code < 400 || (kind != "text/plain; charset=utf-8" && kind != "application/json; charset=utf-8") ||
				w.Header().Get("X-Content-Type-Options") != "nosniff" || control.Match(w.Body.Bytes()) {
				t.Fatalf("%q on %s: %d %s %q", s, path, w.Code, kind, w.Body)
			}
		}
	}
}
