package transport

import (
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// TestResponseThatWaitedToBeWrittenIsDroppedAfterComplete is the case that no
// client can bring about at will: the response was ready when complete came, and
// waited for another message to be written.
func TestResponseThatWaitedToBeWrittenIsDroppedAfterComplete(t *testing.T) {
	o := &operation{socket: &socket{}, id: "1", quotedID: []byte(`"1"`)} // with no connection to write to
	o.completed.Store(true)
	if err := o.next(&graphql.Response{Data: []byte(`{}`)}); !errors.Is(err, errCompleted) {
		t.Error(err)
	}
	if err := o.complete(); !errors.Is(err, errCompleted) {
		t.Error(err)
	}
}
