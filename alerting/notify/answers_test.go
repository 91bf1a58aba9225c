package notify

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
)

// answered is how one message went that a service answered in some way.
func answered(t *testing.T, kind Type, status int, body string) (outcomeText string, wait time.Duration) {
	t.Helper()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	n := saturated()
	err := receiverFor(t, Config{
		Name: "one", Type: kind, URL: secret.New(s.URL), Key: secret.New("CANARY"), Token: secret.New("CANARY"), Chat: "-1",
	}).Send(t.Context(), &n)
	return strings.ReplaceAll(outcome(err), strings.TrimPrefix(s.URL, "http://"), "HOST"), askedWait(err)
}

// TestServiceAnswers: what the services say, as their documentation has it, and what it means.
func TestServiceAnswers(t *testing.T) {
	f := func(kind Type, status int, body, want string, wait time.Duration) {
		t.Helper()
		if got, asked := answered(t, kind, status, body); got != want || asked != wait {
			t.Errorf("%s answered %d %s\n got  %s, wait %v\n want %s, wait %v", kind, status, body, got, asked, want, wait)
		}
	}
	f(TypeMattermost, 200, "ok", "sent", 0)
	f(TypeMattermost, 400, `{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook."}`,
		"closed: HOST answered: the webhook does not exist any more", 0)
	f(TypeMattermost, 501, `{"id":"web.incoming_webhook.disabled.app_error"}`, "closed: HOST answered: incoming webhooks are switched off", 0)
	f(TypeMattermost, 400, `{"id":"api.post.create_post.too_long","message":"CANARY"}`, "permanent: HOST answered 400 Bad Request", 0)
	f(TypeMattermost, 429, "limit exceeded", "retry: HOST answered 429 Too Many Requests", 0)

	f(TypeTeams, 202, "", "sent", 0)
	f(TypeTeams, 400, `{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"x"}}`,
		"closed: HOST answered WorkflowTriggerIsNotEnabled: the workflow is switched off", 0)
	f(TypeTeams, 401, `{"error":{"code":"DirectApiAuthorizationRequired"}}`,
		"closed: HOST answered DirectApiAuthorizationRequired: the address lacks its signature, copy the whole of it", 0)
	f(TypeTeams, 400, `{"error":{"code":"TriggerInputSchemaMismatch"}}`, "permanent: HOST answered 400 Bad Request", 0)

	f(TypePagerDuty, 202, `{"status":"success"}`, "sent", 0)
	f(TypePagerDuty, 400, `{"status":"invalid event","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`,
		"closed: HOST does not know the integration key", 0)
	f(TypePagerDuty, 400, `{"status":"invalid key","message":"Invalid routing key"}`, "closed: HOST does not know the integration key", 0)
	f(TypePagerDuty, 400, `{"status":"invalid event","errors":["'payload.severity' is invalid"]}`, "permanent: HOST answered 400 Bad Request", 0)
	f(TypePagerDuty, 429, `{"status":"throttle exceeded"}`, "retry: HOST answered 429 Too Many Requests", 0)

	f(TypeDiscord, 204, "", "sent", 0)
	f(TypeDiscord, 404, `{"message":"Unknown Webhook","code":10015}`, "closed: HOST answered 404 Not Found", 0)
	f(TypeDiscord, 400, `{"code":50035}`, "permanent: HOST answered 400 Bad Request", 0)
	f(TypeDiscord, 429, `{"message":"You are being rate limited.","retry_after":64.57,"global":false}`,
		"retry: HOST answered 429 Too Many Requests", 64570*time.Millisecond)

	f(TypeTelegram, 200, `{"ok":true,"result":{"message_id":5}}`, "sent", 0)
	f(TypeTelegram, 400, `{"ok":false,"description":"Bad Request: chat not found"}`, "closed: HOST answered: chat not found", 0)
	f(TypeTelegram, 401, `{"ok":false,"description":"Unauthorized"}`, "closed: HOST answered 401 Unauthorized", 0)
	f(TypeTelegram, 400, `{"ok":false,"description":"Bad Request: message is too long"}`, "permanent: HOST answered 400 Bad Request", 0)
	f(TypeTelegram, 429, `{"ok":false,"parameters":{"retry_after":35}}`, "retry: HOST answered 429 Too Many Requests", 35*time.Second)

	f(TypeGoogleChat, 200, "{}", "sent", 0)
	f(TypeGoogleChat, 404, `{"error":{"status":"NOT_FOUND"}}`, "closed: HOST answered 404 Not Found", 0)
	f(TypeGoogleChat, 429, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, "retry: HOST answered 429 Too Many Requests", 0)

	f(TypeAlertmanager, 200, "", "sent", 0)
	f(TypeAlertmanager, 400, `"bad"`, "permanent: HOST answered 400 Bad Request", 0)
	f(TypeAlertmanager, 503, "", "retry: HOST answered 503 Service Unavailable", 0)
}

// Later messages of an episode answer the first in Telegram, until its end.
func TestTelegramThread(t *testing.T) {
	s := newService(t, TypeTelegram)
	r := s.receiver(t)
	all := samples()
	for i, name := range []string{"firing", "update", "resolved", "firing"} {
		n := all[name]
		if err := r.Send(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		reply := strings.Contains(string(s.last(t).body), `"reply_parameters":{"message_id":77`)
		if want := i == 1 || i == 2; reply != want {
			t.Errorf("message %d, %s: answers the first is %v", i+1, name, reply)
		}
	}
}

// Another severity is another alert to Alertmanager: the one of before ends with it.
func TestAlertmanagerSeverity(t *testing.T) {
	s := newService(t, TypeAlertmanager)
	r := s.receiver(t)
	n := saturated()
	n.Episode.Severity--
	for _, step := range []struct {
		status alerting.Status
		up     bool
		want   int
	}{{alerting.StatusFiring, false, 1}, {alerting.StatusUpdate, true, 2}, {alerting.StatusUpdate, false, 1}, {alerting.StatusResolved, false, 1}} {
		if step.up {
			n.Episode.Severity++
		}
		n.Status, n.Episode.Until = step.status, time.Now()
		if err := r.Send(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(s.last(t).body), `"alertname"`); got != step.want {
			t.Errorf("%s: %d alerts, want %d: %s", step.status, got, step.want, s.last(t).body)
		}
	}
}
