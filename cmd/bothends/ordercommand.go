package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/web"
)

// orderFlags are what every order says.
type orderFlags struct {
	text, lasting, as string
}

// add adds -m, --for and --as; usual is what --for is without being given.
func (f *orderFlags) add(cmd *cobra.Command, usual string) {
	cmd.Flags().StringVarP(&f.text, "message", "m", "", "why, for those who come after you")
	help := "how long it lasts (30m, 4h, 2d)"
	if usual != "" {
		help += " (default " + usual + ")"
	}
	cmd.Flags().StringVar(&f.lasting, "for", "", help)
	asFlag(cmd, &f.as)
}

func asFlag(cmd *cobra.Command, as *string) {
	cmd.Flags().StringVar(as, "as", "", "your name (default: $BOTHENDS_NAME, or that of your login)")
}

// whoAsks is the name under which an order is given.
func whoAsks(as string) string {
	if as == "" {
		as = os.Getenv("BOTHENDS_NAME")
	}
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if as == "" {
			as = os.Getenv(name)
		}
	}
	if as == "" {
		if u, err := user.Current(); err == nil {
			as = u.Username
		}
	}
	return as
}

// give sends an order and reads the answer into to.
func (c client) give(ctx context.Context, path string, order, to any) error {
	body, err := json.Marshal(order)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	return c.ordered(ctx, http.MethodPost, path, body, to)
}

// end ends an order and reads the answer into to.
func (c client) end(ctx context.Context, path, as string, to any) error {
	query := url.Values{"by": {whoAsks(as)}}
	return c.ordered(ctx, http.MethodDelete, path+"?"+query.Encode(), nil, to)
}

func (c client) ordered(ctx context.Context, method, path string, body []byte, to any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	code, answer, err := c.send(ctx, method, path, bytes.NewReader(body))
	switch {
	case err != nil:
		return err
	case code != http.StatusOK:
		return refusal(code, answer)
	}
	if err := json.Unmarshal(answer, to); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// matchOfWords reads WORD:VALUE words of the command line.
func matchOfWords(words []string, others ...string) (m web.Match, err error) {
	for _, text := range words {
		if text == allLinks {
			m.All = true
			continue
		}
		word, value, ok := strings.Cut(text, ":")
		into := slices.IndexFunc(scopeWords[:], func(w scopeWord) bool { return w.name == word })
		switch {
		case !ok || value == "":
		case word == "kind" && slices.Contains(others, word):
			m.Kind = append(m.Kind, value)
			continue
		case into >= 0:
			list := scopeWords[into].in(&m)
			*list = append(*list, value)
			continue
		}
		return m, &usageError{fmt.Errorf("%q is no filter; write WORD:VALUE with %s; or all", text,
			strings.Join(append(strings.Split(scopeNames(), ", "), others...), ", "))}
	}
	return m, nil
}
