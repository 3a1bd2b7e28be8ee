package uplink

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// refusedError says that the bus will refuse one message of a batch for ever.
type refusedError struct {
	index int
	err   error
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("message %d of the batch: %v", e.index, e.err)
}
func (e *refusedError) Unwrap() error { return e.err }

// permanent reports whether the bus will refuse this message for ever, because of what is
// in it. Everything else is tried again: rights, space and limits can be put right.
func permanent(err error) bool {
	if errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) {
		return true
	}
	const messageExceedsMaximum = 10054 // the stream's own limit for a message
	return hasCode(err, messageExceedsMaximum)
}

// incomplete reports whether the bus missed a message of the batch: it was lost with a
// connection, or was refused by itself, which only shows when each is acknowledged.
func incomplete(err error) bool {
	return hasCode(err, jetstreamext.JSErrCodeBatchPublishIncomplete)
}

// wrongLast reports whether the bus refused a batch because the chain has moved on.
func wrongLast(err error) bool {
	const wrongLastSequence, wrongLastSequenceConstant = 10071, 10164
	return hasCode(err, wrongLastSequence) || hasCode(err, wrongLastSequenceConstant)
}

func hasCode(err error, code jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == code
}
