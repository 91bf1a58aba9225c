package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"text/template"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const canary = "hunter2-canary"

// holder is a Config as the rooms have them.
type holder struct {
	Name  string
	Token Secret
	Ptr   *Secret
	Many  []Secret
	Map   map[string]Secret
}

// TestNothingPrintsASecret tries every way in which a Config ends up in a text.
func TestNothingPrintsASecret(t *testing.T) {
	s := New(canary)
	h := holder{Name: "influx", Token: s, Ptr: &s, Many: []Secret{s}, Map: map[string]Secret{"a": s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%p", "%10.3v"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
	}
	fmt.Fprintln(&out, s, h, errors.New("token "+s.String()))
	if err := json.NewEncoder(&out).Encode(h); err != nil {
		t.Fatal(err)
	}
	if err := template.Must(template.New("").Parse("{{.}} {{.Token}} {{printf \"%s\" .Token}}")).Execute(&out, h); err != nil {
		t.Fatal(err)
	}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.DebugLevel))
	log.Info("config", zap.Any("config", h), zap.Stringer("token", s), zap.Reflect("r", h), zap.Any("s", s))
	yaml, err := s.MarshalYAML()
	fmt.Fprintln(&out, yaml, err)
	for _, piece := range []string{canary, canary[:7], fmt.Sprintf("%x", canary)} {
		if strings.Contains(out.String(), piece) {
			t.Errorf("%q got out:\n%s", piece, out.String())
		}
	}
	if !strings.Contains(out.String(), mask) {
		t.Error("the mask is not shown either: nothing was printed")
	}
}

func TestRevealIsTheOnlyWay(t *testing.T) {
	if got := New(canary).Reveal(); got != canary {
		t.Errorf("Reveal gives %q", got)
	}
	if New(canary).IsZero() || !New("").IsZero() || !(Secret{}).IsZero() {
		t.Error("IsZero is wrong")
	}
}
