package notify

import (
	"reflect"
	"testing"

	"github.com/bothends/bothends/internal/secret"
)

// TestEqualKnowsEveryField: a field that Equal forgets would be a change that a reload forgets.
func TestEqualKnowsEveryField(t *testing.T) {
	changed := 0
	var change func(v reflect.Value, path string, base func() (*Config, reflect.Value))
	change = func(v reflect.Value, path string, base func() (*Config, reflect.Value)) {
		for i := range v.NumField() {
			field := func() (*Config, reflect.Value) {
				c, at := base()
				return c, at.Field(i)
			}
			name := path + v.Type().Field(i).Name
			c, f := field()
			switch f.Interface().(type) {
			case secret.Secret:
				f.Set(reflect.ValueOf(secret.New("other")))
			case Mail:
				change(f, name+".", field)
				continue
			case []string:
				f.Set(reflect.ValueOf([]string{"other"}))
			default:
				f.SetString("other")
			}
			changed++
			if c.Equal(&Config{}) {
				t.Errorf("Equal does not see %s", name)
			}
		}
	}
	base := func() (*Config, reflect.Value) {
		c := &Config{}
		return c, reflect.ValueOf(c).Elem()
	}
	change(reflect.ValueOf(Config{}), "", base)
	if changed != 13 || !(&Config{}).Equal(&Config{}) {
		t.Errorf("%d fields", changed)
	}
}
