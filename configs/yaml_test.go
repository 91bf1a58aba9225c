package configs

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestYAMLFromJSON(t *testing.T) {
	got, err := YAMLFromJSON([]byte(`{"link":"0123","up":true,"word":"true","n":1.5e-7,"none":null,"empty":[],"list":[{"a":"x: y"},"<\u003e"],"m":{}}`))
	want := "link: \"0123\"\nup: true\nword: \"true\"\nn: 1.5e-7\nnone: null\nempty: []\nlist:\n  - a: 'x: y'\n  - <>\nm: {}\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := YAMLFromJSON([]byte("{")); err == nil {
		t.Error("what is no JSON was written")
	}
}

// TestYAMLHoldsWhatJSONHolds reads back texts of any kind.
func TestYAMLHoldsWhatJSONHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "document")
		document, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		text, err := YAMLFromJSON(document)
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var want, got map[string][]string
		if err := json.Unmarshal(document, &want); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for k, v := range got {
			if len(v) == 0 && len(want[k]) == 0 {
				got[k] = want[k]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
