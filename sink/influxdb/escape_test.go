package influxdb

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTagValues(t *testing.T) {
	long := strings.Repeat("é", 200) // 400 bytes
	for _, tc := range []struct{ value, want string }{
		{"et-0/0/1:0", "et-0/0/1:0"},
		{"", "none"},
		{"\x00\n\t\x7f\u0085", "none"},
		{"a b,c=d", `a\ b\,c\=d`},
		{"a\nb", "ab"},
		{`c:\x`, `c:\x`},
		{`end\`, `end/`},
		{`\`, `/`},
		{`a\\`, `a\/`},
		{`a\,b`, `a/\,b`},
		{`a\ b`, `a/\ b`},
		{`a\` + "\n,b", `a/\,b`},
		{"bad\xffbyte", "bad\uFFFDbyte"},
		{`"quoted"`, `"quoted"`},
		{long, strings.Repeat("é", 127)},
		{strings.Repeat("x", 254) + `\y`, strings.Repeat("x", 254) + "/"},
	} {
		if got := string(appendTagValue(nil, tc.value)); got != tc.want {
			t.Errorf("tag %q: %s, want %s", tc.value, got, tc.want)
		}
	}
}

func TestTextIsCutAtARune(t *testing.T) {
	got := string(appendText(nil, "x"+strings.Repeat("€", 2000)))
	if len(got) > maxTextBytes || len(got) < maxTextBytes-3 || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

// FuzzTag checks that no text can leave its tag: a line has the same tags and fields whatever the
// inventory says, and ordinary text arrives unchanged.
func FuzzTag(f *testing.F) {
	for _, s := range []string{
		"", "et-0/0/1", `\`, `a\,b=c`, "x\n link bps=1 1", "\\\n,", `a\\\ `, "\xff\xfe", "é=ü", strings.Repeat(`\,`, 200),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		link := testLink()
		link.Name, link.Ends[0].Interface, link.Type = value, value, value
		lines, n := NewEncoder(link).AppendView(nil, fullView(link))
		lines, more := AppendEvent(lines, EventPoint{Link: value, Kind: value, ID: value, At: at, Text: value, By: "x"})
		for _, p := range mustParse(t, lines, n+more) {
			checkContract(t, p)
			if p.tags["link"] != mustParse(t, lines, n+more)[0].tags["link"] {
				t.Fatalf("link is %q elsewhere", p.tags["link"])
			}
		}
		checkTag(t, value, mustParse(t, lines, n+more)[0].tags["link"])
	})
}

func checkTag(t *testing.T, value, got string) {
	t.Helper()
	plain := utf8.ValidString(value) && !strings.ContainsFunc(value, unicode.IsControl) &&
		!strings.Contains(value, `\`) && len(value) <= 255 && value != ""
	switch {
	case plain && got != value:
		t.Fatalf("tag %q became %q", value, got)
	case len(got) > 255 || !utf8.ValidString(got) || strings.HasSuffix(got, `\`):
		t.Fatalf("tag %q became %q", value, got)
	}
}
