package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func answering(t *testing.T, status int, body string) (c *Client, asked *string) {
	t.Helper()
	asked = new(string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*asked = string(b)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return New(s.URL + "/graphql/"), asked
}

func TestErrorsAreTyped(t *testing.T) {
	c, _ := answering(t, 200, `{"data":null,"errors":[{"message":"there is one already","path":["deploy"],
		"extensions":{"code":"CONFLICT","argument":["input","deckies",0,"name"],"revision":7}}]}`)
	_, err := c.Deploy(t.Context(), DeployInput{})
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != CodeConflict || e.Argument != "input.deckies[0].name" || e.Facts["revision"] != 7.0 {
		t.Fatalf("got %#v", err)
	}
	if got := e.Error(); got != "input.deckies[0].name: there is one already" {
		t.Errorf("it reads %q", got)
	}

	c, _ = answering(t, 200, `<html>hello</html>`)
	if _, err := c.Viewer(t.Context()); CodeOf(err) != CodeProtocol {
		t.Errorf("a web page: %v", err)
	}
	out := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the server's database does not answer", http.StatusServiceUnavailable)
	}))
	t.Cleanup(out.Close)
	if _, err := New(out.URL).Viewer(t.Context()); CodeOf(err) != CodeUnreachable || !strings.Contains(err.Error(), "answers 503 Service Unavailable: the server's database does not answer") {
		t.Errorf("a server without its database: %v", err)
	}
	if _, err := New("http://127.0.0.1:1").Viewer(t.Context()); CodeOf(err) != CodeUnreachable {
		t.Errorf("no server: %v", err)
	}
}

func TestInputsLeaveOutWhatIsNotGiven(t *testing.T) {
	c, asked := answering(t, 200, `{"errors":[{"message":"enough"}]}`)
	_, _ = c.MutateDecky(t.Context(), MutateDeckyInput{Name: "web-01"})
	if want := `"variables":{"input":{"name":"web-01"}}`; !strings.Contains(*asked, want) {
		t.Errorf("asked %s, want %s in it", *asked, want)
	}
	// An absent interval and null mean the same to the server: off.
	_, _ = c.SetMutateInterval(t.Context(), SetMutateIntervalInput{})
	if want := `"variables":{"input":{"interval":null}}`; !strings.Contains(*asked, want) {
		t.Errorf("asked %s, want %s in it", *asked, want)
	}
	half := 30 * time.Minute
	_, _ = c.SetMutateInterval(t.Context(), SetMutateIntervalInput{Interval: &half})
	if want := `"interval":"30m0s"`; !strings.Contains(*asked, want) {
		t.Errorf("asked %s, want %s in it", *asked, want)
	}
}

func TestListsGoThroughAllPages(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		asked = append(asked, string(b))
		n := len(asked)
		fmt.Fprintf(w, `{"data":{"deckies":{"edges":[{"node":{"name":"d%d","mutateInterval":"1h30m"}}],"pageInfo":{"hasNextPage":%t,"endCursor":"c%d"}}}}`, n, n < 3, n)
	}))
	defer s.Close()
	var names []string
	for d, err := range New(s.URL).Deckies(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if *d.MutateInterval != 90*time.Minute {
			t.Errorf("the interval is %s", *d.MutateInterval)
		}
		names = append(names, d.Name)
	}
	if fmt.Sprint(names) != "[d1 d2 d3]" || !strings.Contains(asked[2], `"after":"c2"`) {
		t.Errorf("got %v, asked %v", names, asked)
	}
}

// A session is played by its ID, and by the key that the web app shows.
func TestARecordingIsFoundByItsSessionsKey(t *testing.T) {
	var found []string // the sessions that have the key
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			OperationName string
			Variables     struct{ ID, Key string }
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		switch {
		case asked.OperationName == "sessions" && asked.Variables.Key == "9377f992e854fed9":
			fmt.Fprintf(w, `{"data":{"sessions":{"edges":[%s]}}}`, strings.Join(found, ","))
		case asked.OperationName == "recording" && asked.Variables.ID == "ses_1":
			fmt.Fprint(w, `{"data":{"node":{"__typename":"Session","recorded":true,"recording":"the cast"}}}`)
		default:
			t.Errorf("asked %+v", asked)
		}
	}))
	defer s.Close()
	c := New(s.URL)
	if cast, err := c.Recording(t.Context(), "ses_1"); cast != "the cast" || err != nil {
		t.Errorf("by the ID: %q, %v", cast, err)
	}
	if _, err := c.Recording(t.Context(), "9377f992e854fed9"); CodeOf(err) != CodeNotFound {
		t.Errorf("by a key of none: %v", err)
	}
	found = []string{`{"node":{"id":"ses_1","key":"9377f992e854fed9"}}`}
	if cast, err := c.Recording(t.Context(), "9377f992e854fed9"); cast != "the cast" || err != nil {
		t.Errorf("by the key: %q, %v", cast, err)
	}
	found = append(found, `{"node":{"id":"ses_2","key":"9377f992e854fed9"}}`)
	if _, err := c.Recording(t.Context(), "9377f992e854fed9"); err == nil || !strings.Contains(err.Error(), "ses_1 or ses_2") {
		t.Errorf("by a key of two: %v", err)
	}
}
