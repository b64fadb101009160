package bridge

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"
	waStore "go.mau.fi/whatsmeow/store"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

func refused(reason string) *rpc.Error {
	return &rpc.Error{Code: codeRefused, Message: reason}
}

func (b *Bridge) tooFast(err error) *rpc.Error {
	return &rpc.Error{
		Code:    codeTooFast,
		Message: "too fast: " + err.Error(),
		Data:    retryData{b.timings.TooFastRetryIn.Milliseconds()},
	}
}

// isConnectionError says that nothing reached WhatsApp because there was no connection.
func isConnectionError(err error) bool {
	return errors.Is(err, whatsmeow.ErrNotConnected) || errors.Is(err, whatsmeow.ErrNotLoggedIn) ||
		errors.Is(err, whatsmeow.ErrIQDisconnected) || errors.Is(err, socket.ErrSocketClosed) ||
		errors.Is(err, waStore.ErrDeviceDeleted)
}

// permanent are the library's errors that no retry changes.
var permanent = []error{
	whatsmeow.ErrGroupNotFound,
	whatsmeow.ErrNotInGroup,
	whatsmeow.ErrUnknownServer,
	whatsmeow.ErrRecipientADJID,
	whatsmeow.ErrBroadcastListUnsupported,
	socket.ErrFrameTooLarge,
}

// sendError puts a failed send into the contract's codes. What is not known to be final is an
// unknown outcome: the same id makes a second try harmless.
func (b *Bridge) sendError(err error) *rpc.Error {
	var query *whatsmeow.IQError
	var interrupted *whatsmeow.DisconnectedError
	switch {
	case strings.Contains(err.Error(), "no LID found for"): // the library has no error value for it
		return refused("this number is not on WhatsApp: " + err.Error())
	case isOneOf(err, permanent):
		return refused(err.Error())
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		return b.serverError(err)
	case errors.As(err, &query):
		return b.byStatus(query.Code, err)
	case errors.As(err, &interrupted), errors.Is(err, whatsmeow.ErrMessageTimedOut), errors.Is(err, context.Canceled):
		return unknownOutcome(err)
	case isConnectionError(err):
		return &rpc.Error{Code: codeNotConnected, Message: err.Error()}
	default:
		return unknownOutcome(err)
	}
}

func isOneOf(err error, list []error) bool {
	for _, other := range list {
		if errors.Is(err, other) {
			return true
		}
	}
	return false
}

func unknownOutcome(err error) *rpc.Error {
	return &rpc.Error{Code: codeUnknownOutcome, Message: err.Error()}
}

var lastNumber = regexp.MustCompile(`(\d+)$`)

// serverError reads the status from the text, the only place where the library has it.
func (b *Bridge) serverError(err error) *rpc.Error {
	status, _ := strconv.Atoi(lastNumber.FindString(err.Error()))
	return b.byStatus(status, err)
}

// statusStaleAddressing: the group has changed between phone numbers and LIDs; the library asks again next time.
const statusStaleAddressing = 421

func (b *Bridge) byStatus(status int, err error) *rpc.Error {
	switch {
	case status == http.StatusTooManyRequests:
		return b.tooFast(err)
	case status == http.StatusRequestTimeout, status == statusStaleAddressing:
		return unknownOutcome(err)
	case status >= 400 && status < 500:
		return refused(err.Error())
	default:
		return unknownOutcome(err)
	}
}
