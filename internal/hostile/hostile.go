// Package hostile holds what a router, or whoever may name one of its interfaces, could try on those
// who show the name: a page, a chat, a terminal. Only tests use it.
package hostile

import (
	"fmt"
	"strings"
)

// page are for browsers.
var page = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`,
	`</title><script>alert(1)</script>`, `</td></tr></table><iframe src=//evil.example>`, `<svg/onload=alert(1)>`,
	`javascript:alert(1)`, `" onmouseover="alert(1)`, `' autofocus onfocus='alert(1)`, "` onclick=`alert(1)",
	`{{.}}`, `{{template "foot"}}`, `${alert(1)}`, `<!--`, `--><b>`, `]]><b>`, `<base href=//evil.example/>`,
	`<meta http-equiv=refresh content=0;url=//evil.example>`, `&lt;script&gt;`, `&#60;script&#62;alert(1)`,
	"\x00<b>\x1b[31m", "line\r\nSet-Cookie: a=b", "\u202eevil\u2066<i>", `//evil.example/%0d%0aX: y`,
	"\xff\xfe<u>\xc0\xbc",
}

// Page puts every string for browsers into eight places of a name: 200 strings.
func Page() []string {
	wraps := []string{"%s", "et-0/0/1 %s", "%s/0", "a=%s", "?%s#", `\%s\`, "<%s>", `"%s'`}
	all := make([]string, 0, len(page)*len(wraps))
	for _, p := range page {
		for _, w := range wraps {
			all = append(all, fmt.Sprintf(w, p))
		}
	}
	return all
}

// Chat are strings that some chat, terminal or mail program takes for more than text.
func Chat() []string {
	return []string{
		"<!channel>", "<!here>", "<!everyone>", "<@U1>", "<@U0123ABCD|jo>", "<#C0123>", "<!subteam^S1|noc>",
		"<!date^1^{date}^http://evil|x>", "<http://evil|click>", "<mailto:a@evil|b>", "http://evil", "https://evil/x",
		"[x](http://evil)", "![x](http://evil/p.png)", "@channel", "@here", "@everyone", "@all", "#general",
		"*bold*", "_it_", "~strike~", "`code`", "```block", ":rotating_light:", "> quote", "- item",
		"<users/all>", "<@&123>", "<@!123>", "<t:0>", "</nick:1>", "<at>jo</at>", "~town-square", "tg://user?id=1", "/start",
		"www.evil.example", "ftp://evil", "a@evil.example", "[x]: http://evil", "<a href=\"http://evil\">x</a>", "|a|b|",
		"x\r\nBcc: a@evil.example", "x\r\n\r\n<b>body</b>", "x\n.\nRCPT TO:<a@evil.example>", "=?utf-8?q?=0D=0ABcc:_a?=", "{\"type\":\"TextBlock\"}",
		"\x1b[2J\x1b[H", "\x1b]8;;http://evil\x07click\x1b]8;;\x07", "\x9b31m", "a\nb", "a\r\nRESOLVED b", "a\tb", "\a\b\x7f", "\x00",
		"\u202etxt.exe", "\u2066x\u2069", "\u200f", "\u200b<\u200b!channel>", "\ufeff", "\u2028", "\u2029", "\u0085",
		"\xff\xfe", "\xc0\xbc!channel>", "&lt;!channel&gt;", "&#60;!channel>", "\\u003c!channel\\u003e",
		"{{.Secret}}", "${env:HOME}", "%s%n", "\"}],\"text\":\"<!channel>\",\"x\":[{\"", "<script>alert(1)</script>",
		strings.Repeat("A", 5000), strings.Repeat("&", 400), strings.Repeat("🧨", 400), strings.Repeat("*_<@[", 1000),
	}
}

// All are both.
func All() []string { return append(Page(), Chat()...) }
