package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/bothends/bothends/alerting"
)

const (
	maxSubject = 200
	maxMail    = 50_000
	// mailTimeout bounds one mail, from the look-up of the server to its last answer. Servers let
	// strangers wait on purpose, so it is longer than that of a web request.
	mailTimeout = 30 * time.Second
)

// email sends plain text by SMTP (RFC 5321). All messages of an episode are one thread.
type email struct {
	cfg  Mail
	host string
	port int
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config
}

func newEmail(cfg *Config) *email {
	e := &email{cfg: cfg.Mail}
	host, port, _ := net.SplitHostPort(cfg.Mail.Server) // checked with the inventory
	e.host = host
	e.port, _ = strconv.Atoi(port)
	e.dial = newDialer(nil).DialContext
	e.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	return e
}

// Send implements Receiver.
func (e *email) Send(ctx context.Context, n *alerting.Notification) error {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	letter, err := e.letter(n)
	if err != nil {
		return &ClosedError{Text: "an address of the mail is not valid"} // the error quotes it
	}
	client, err := e.client(ctx)
	if err != nil {
		return &ClosedError{Text: e.cfg.Server + ": this is not a mail server"}
	}
	if err := client.DialAndSendWithContext(ctx, letter); err != nil {
		return e.failed(ctx, err)
	}
	return nil
}

// client returns what sends one mail. The connection ends with ctx, whatever the server does.
func (e *email) client(ctx context.Context) (*mail.Client, error) {
	policy := map[string]mail.TLSPolicy{TLSStart: mail.TLSMandatory, TLSFull: mail.NoTLS, TLSNone: mail.NoTLS}[e.cfg.TLS]
	options := []mail.Option{
		mail.WithPort(e.port), mail.WithTimeout(mailTimeout), mail.WithTLSPolicy(policy), mail.WithTLSConfig(e.tls),
		mail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := e.dial(dialing, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			if e.cfg.TLS == TLSFull {
				return tls.Client(conn, e.tls), nil
			}
			return conn, nil
		}),
	}
	if e.cfg.User != "" {
		how := mail.SMTPAuthAutoDiscover
		if e.cfg.TLS == TLSFull {
			how = mail.SMTPAuthPlain // the library does not see that the line is encrypted
		}
		options = append(options, mail.WithSMTPAuth(how), mail.WithUsername(e.cfg.User), mail.WithPassword(e.cfg.Password.Reveal()))
	}
	return mail.NewClient(e.host, options...)
}

// letter writes the mail. The library encodes what has no place in a header.
func (e *email) letter(n *alerting.Notification) (*mail.Msg, error) {
	m := newMessage(n, maxSubject, maxMail)
	letter := mail.NewMsg()
	if err := errors.Join(letter.From(e.cfg.From), letter.To(e.cfg.To...)); err != nil {
		return nil, err
	}
	letter.Subject(m.title)
	letter.SetDateWithValue(n.At)
	letter.SetMessageIDWithValue(e.messageID(n, strconv.Itoa(n.Episode.N)+"."+string(n.Status)))
	root := "<" + e.messageID(n, "episode") + ">"
	letter.SetGenHeader("References", root)
	letter.SetGenHeader("In-Reply-To", root)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody is away for it
	letter.SetGenHeader("X-Bothends-Id", headerWord(n.Episode.ID))
	var text strings.Builder
	text.WriteString(m.title + "\n\n")
	for _, l := range m.lines {
		fmt.Fprintf(&text, "%-8s %s\n", l.Label, l.Text)
	}
	text.WriteString("\n")
	for _, a := range m.links {
		fmt.Fprintf(&text, "%-8s %s\n", a.text, a.url)
	}
	text.WriteString("#" + m.id + "\n")
	letter.SetBodyString(mail.TypeTextPlain, text.String())
	return letter, nil
}

// messageID names a mail by the episode, so that a repetition has the same name.
func (e *email) messageID(n *alerting.Notification, what string) string {
	domain := e.cfg.From[strings.LastIndexByte(e.cfg.From, '@')+1:]
	return headerWord(n.Episode.ID) + "." + headerWord(what) + "@" + strings.TrimRight(domain, ">")
}

// headerWord keeps what may stand in an identifier of a header.
func headerWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '_'
	}, s)
}

// Answers of a mail server (RFC 5321 section 4.2.3, RFC 4954 section 6).
var (
	mailLogin   = []int{530, 534, 535, 538}
	mailAddress = []int{550, 551, 553, 555}
)

// failed turns an error of the library, which may quote the server and the recipients, into one that
// names the host and the cause.
func (e *email) failed(ctx context.Context, err error) error {
	if errors.Is(err, errRefusedAddress) {
		return &ClosedError{Text: e.host + ": " + errRefusedAddress.Error()}
	}
	if ctx.Err() != nil {
		return &RetryError{Text: e.host + ": no answer in " + mailTimeout.String()}
	}
	code := mailCode(err)
	text := fmt.Sprintf("%s answered %d", e.host, code)
	switch {
	case code == 0 && strings.Contains(err.Error(), "STARTTLS"):
		return &ClosedError{Text: e.host + " does not offer STARTTLS"}
	case code == 0 && strings.Contains(strings.ToUpper(err.Error()), "SMTP AUTH"):
		return &ClosedError{Text: e.host + " offers no way to log in that can be used here"}
	case code == 0:
		return &RetryError{Text: e.host + ": " + cause(err)}
	case slices.Contains(mailLogin, code):
		return &ClosedError{Text: text + ": it does not take the user and password"}
	case slices.Contains(mailAddress, code):
		return &ClosedError{Text: text + ": it does not take mail from or to these addresses"}
	case code >= 500:
		return &PermanentError{Text: text}
	default:
		return &RetryError{Text: text}
	}
}

// mailCode is the number with which the server answered, 0 when it did not.
func mailCode(err error) int {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Code
	}
	if sent, ok := errors.AsType[*mail.SendError](err); ok {
		return sent.ErrorCode()
	}
	return 0
}
