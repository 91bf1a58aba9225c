package linkmodel

import "testing"

func TestLossText(t *testing.T) {
	f := func(want string, l Loss) {
		t.Helper()
		if got := l.Text(); got != want {
			t.Errorf("%+v: %q, want %q", l, got, want)
		}
	}
	f("0.9 % (0.7-1.1 %)", Loss{Known: true, Ratio: 0.009, Low: 0.007, High: 0.011})
	f("4.00 % (3.96-4.04 %)", Loss{Known: true, Ratio: 0.04, Low: 0.0396, High: 0.0404})
	f("5 % (0-19 %)", Loss{Known: true, Ratio: 0.05, High: 0.19})
	f("100 % (98-100 %)", Loss{Known: true, Ratio: 1, Low: 0.98, High: 1})
	f("0.0012 % (0.0011-0.0013 %)", Loss{Known: true, Ratio: 0.0000123, Low: 0.0000112, High: 0.0000134})
	f("< 0.02 % (cannot see less yet)", Loss{Known: true, High: 0.0002})
	f("< 0.04 % (cannot see less yet)", Loss{Known: true, Ratio: 0.00008, High: 0.0004})
	f("no value: segmentation offload", Loss{Reason: ReasonOffload})
	f("no value: far end silent", Loss{Reason: ReasonFarEndSilent})
	f("no value: first reading", Loss{})
}
