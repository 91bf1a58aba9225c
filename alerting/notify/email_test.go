package notify

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/bothends/bothends/internal/hostile"
	"github.com/bothends/bothends/internal/secret"
)

// mailServer speaks SMTP (RFC 5321) as far as a sender needs. refuse gives the answer to a command
// instead of the usual one.
type mailServer struct {
	net.Listener
	refuse map[string]string
	mu     sync.Mutex
	mails  []string
	rcpt   []string
}

func newMailServer(t *testing.T, refuse map[string]string) *mailServer {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{Listener: l, refuse: refuse}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return s
}

func (s *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mx.example.net")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.ToUpper(strings.Fields(line + " x")[0])
		if answer := s.refuse[word]; answer != "" {
			say(answer)
			continue
		}
		switch word {
		case "EHLO":
			say("250-mx.example.net\r\n250-AUTH SCRAM-SHA-256 PLAIN\r\n250 8BITMIME")
		case "RCPT":
			s.mu.Lock()
			s.rcpt = append(s.rcpt, strings.TrimSpace(line))
			s.mu.Unlock()
			say("250 ok")
		case "DATA":
			say("354 go on")
			s.data(in)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) data(in *bufio.Reader) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, text.String())
}

func (s *mailServer) receiver() *email {
	return newEmail(&Config{Name: "mail", Type: TypeEmail, Mail: Mail{
		Server: s.Addr().String(), TLS: TLSNone, From: "bothends@noc.example.net", To: []string{"noc@example.net", "ops@example.net"},
	}})
}

func (s *mailServer) counts() (mails, recipients int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails), len(s.rcpt)
}

// last returns the latest mail, read as a mail program does.
func (s *mailServer) last(t *testing.T) (header mail.Header, body string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := mail.ReadMessage(strings.NewReader(s.mails[len(s.mails)-1]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, strings.ReplaceAll(string(text), "\r\n", "\n")
}

func subjectOf(t *testing.T, h mail.Header) string {
	t.Helper()
	subject, err := (&mime.WordDecoder{}).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return subject
}

func TestEmailGolden(t *testing.T) {
	s := newMailServer(t, nil)
	r := s.receiver()
	for name, n := range samples() {
		if err := r.Send(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		h, body := s.last(t)
		var out strings.Builder
		for _, key := range []string{"From", "To", "Message-Id", "In-Reply-To", "References", "Date", "Content-Type", "Auto-Submitted", "X-Bothends-Id"} {
			fmt.Fprintf(&out, "%s: %s\n", key, h.Get(key))
		}
		golden(t, "email-"+name+".txt", out.String()+"Subject: "+subjectOf(t, h)+"\n\n"+body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := s.rcpt[:2]; got[0] != "RCPT TO:<noc@example.net>" || got[1] != "RCPT TO:<ops@example.net>" {
		t.Errorf("sent to %v", got)
	}
}

// A hostile name adds no header, no recipient and no second mail, and nothing that a mail program would
// make a link of.
func TestEmailInjection(t *testing.T) {
	s := newMailServer(t, nil)
	r := s.receiver()
	want := -1
	for i, text := range hostile.All() {
		n := hostileNotification(text)
		n.Episode.ID = text
		if err := r.Send(t.Context(), &n); err != nil {
			t.Fatalf("%.40q: %v", text, err)
		}
		h, body := s.last(t)
		if want < 0 {
			want = len(h)
		}
		mails, rcpt := s.counts()
		if len(h) != want || mails != i+1 || rcpt != 2*(i+1) || h.Get("Bcc") != "" {
			t.Errorf("%.40q: headers %v, %d mails, %d recipients", text, h, mails, rcpt)
		}
		bare := strings.NewReplacer(n.URLs.Link, "", n.URLs.Runbook, "").Replace(subjectOf(t, h) + body)
		if calls.MatchString(bare) {
			t.Errorf("%.40q is live in %.300s", text, bare)
		}
	}
}

func TestEmailAnswers(t *testing.T) {
	f := func(command, answer, want string) {
		t.Helper()
		s := newMailServer(t, map[string]string{command: answer})
		n := saturated()
		if got := outcome(s.receiver().Send(t.Context(), &n)); got != want {
			t.Errorf("%s answered %s: %s, want %s", command, answer, got, want)
		}
	}
	f("MAIL", "451 CANARY try later", "retry: 127.0.0.1 answered 451")
	f("MAIL", "553 CANARY sender", "closed: 127.0.0.1 answered 553: it does not take mail from or to these addresses")
	f("RCPT", "550 CANARY no such user", "closed: 127.0.0.1 answered 550: it does not take mail from or to these addresses")
	f("DATA", "554 CANARY spam", "permanent: 127.0.0.1 answered 554")
}

func TestEmailNeedsWhatItIsConfiguredFor(t *testing.T) {
	s := newMailServer(t, nil)
	send := func(change func(*email)) string {
		r := s.receiver()
		change(r)
		n := saturated()
		return outcome(r.Send(t.Context(), &n))
	}
	if got := send(func(e *email) { e.cfg.TLS = TLSStart }); got != "closed: 127.0.0.1 does not offer STARTTLS" {
		t.Error(got)
	}
	if got := send(func(e *email) { e.cfg.TLS = TLSFull }); !strings.HasPrefix(got, "retry: 127.0.0.1: ") {
		t.Error(got)
	}
	login := newMailServer(t, map[string]string{"AUTH": "535 CANARY"})
	r := login.receiver()
	r.cfg.User, r.cfg.Password = "CANARY", secret.New("CANARY")
	n := saturated()
	if got := outcome(r.Send(t.Context(), &n)); got != "closed: 127.0.0.1 answered 535: it does not take the user and password" {
		t.Error(got)
	}
	_ = login.Close()
	if got := outcome(r.Send(t.Context(), &n)); got != "retry: 127.0.0.1: connection refused" {
		t.Error(got)
	}
	r.host = "169.254.169.254"
	if got := outcome(r.Send(t.Context(), &n)); !strings.HasPrefix(got, "closed: 169.254.169.254: link-local") {
		t.Error(got)
	}
	one, _ := s.counts()
	if two, _ := login.counts(); one+two > 0 {
		t.Error("a mail went out")
	}
}
