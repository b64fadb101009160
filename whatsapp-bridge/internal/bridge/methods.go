package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

// handle starts what the host asks for. It must not wait: answers of the host come through the same pipe.
func (b *Bridge) handle(ctx context.Context, request rpc.Request) {
	switch request.Method {
	case "connect":
		b.connectNow()
		request.Reply(empty{}, nil)
	case "status":
		request.Reply(b.status(), nil)
	case "send":
		b.queueSend(ctx, request)
	case "pair_phone":
		answer(ctx, request, b.pairPhone)
	case "typing":
		answer(ctx, request, b.typing)
	case "mark_read":
		answer(ctx, request, b.markRead)
	case "groups":
		answer(ctx, request, b.groups)
	case "logout":
		answer(ctx, request, b.logout)
	default:
		request.Reply(nil, &rpc.Error{Code: rpc.CodeMethodNotFound, Message: fmt.Sprintf("unknown method %q", request.Method)})
	}
}

// answer runs a method that may take its time.
func answer[P any](ctx context.Context, request rpc.Request, method func(context.Context, P) (any, *rpc.Error)) {
	params, failed := decode[P](request.Params)
	if failed != nil {
		request.Reply(nil, failed)
		return
	}
	go func() { request.Reply(method(ctx, params)) }()
}

func decode[P any](raw json.RawMessage) (params P, failed *rpc.Error) {
	if len(raw) == 0 {
		return params, nil
	}
	if bytes.TrimSpace(raw)[0] != '{' {
		return params, rpc.InvalidParams("params must be an object")
	}
	if err := json.Unmarshal(raw, &params); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return params, rpc.InvalidParams("%s: expected %s, not a %s", wrong.Field, wrong.Type, wrong.Value)
		}
		return params, rpc.InvalidParams("%s", err)
	}
	return params, nil
}

func (b *Bridge) status() statusResult {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	me := b.identity
	return statusResult{b.state, me.jid.String(), me.lid.String(), me.name}
}

func (b *Bridge) typing(ctx context.Context, params typingParams) (any, *rpc.Error) {
	state := types.ChatPresence(params.State)
	if state != types.ChatPresenceComposing && state != types.ChatPresencePaused {
		return nil, rpc.InvalidParams("state: %q is neither composing nor paused", params.State)
	}
	chat, failed := parseChat(params.Chat)
	if failed != nil {
		return nil, failed
	}
	client, failed := b.connectedClient()
	if failed != nil {
		return nil, failed
	}
	chat = b.addresses.hidden(ctx, chat)
	return done(client.SendChatPresence(ctx, chat, state, types.ChatPresenceMediaText))
}

func (b *Bridge) markRead(ctx context.Context, params markReadParams) (any, *rpc.Error) {
	if len(params.IDs) == 0 {
		return nil, rpc.InvalidParams("ids: at least one message id is needed")
	}
	chat, failed := parseChat(params.Chat)
	if failed != nil {
		return nil, failed
	}
	sender, failed := parseUser("sender", params.Sender)
	if failed != nil {
		return nil, failed
	}
	client, failed := b.connectedClient()
	if failed != nil {
		return nil, failed
	}
	chat, sender = b.addresses.hidden(ctx, chat), b.addresses.in(ctx, chat, sender)
	return done(client.MarkRead(ctx, params.IDs, time.Now(), chat, sender))
}

func (b *Bridge) groups(ctx context.Context, _ empty) (any, *rpc.Error) {
	client, failed := b.connectedClient()
	if failed != nil {
		return nil, failed
	}
	joined, err := client.GetJoinedGroups(ctx)
	if err != nil {
		_, failed := done(err)
		return nil, failed
	}
	list := []group{}
	for _, info := range joined {
		if info.IsParent {
			continue // a community: nobody can write there, only in its groups
		}
		list = append(list, group{info.JID.String(), info.Name, max(info.ParticipantCount, len(info.Participants))})
	}
	if s := b.currentSession(); s != nil {
		go b.mergeChats(s) // the list tells phone numbers as well
	}
	return groupsResult{list}, nil
}

// logout unlinks the device. Without a connection the phone would go on listing it, so there has to be one.
func (b *Bridge) logout(ctx context.Context, _ empty) (any, *rpc.Error) {
	if me := b.whoAmI(); me.jid.IsEmpty() {
		return empty{}, nil
	}
	client, failed := b.connectedClient()
	if failed != nil {
		return nil, failed
	}
	s := b.currentSession()
	if s == nil {
		return nil, notConnected(b.currentState())
	}
	// Said before: WhatsApp may close the connection as that of an unlinked device before it answers.
	s.loggingOut.Store(true)
	if err := unlink(ctx, client); err != nil && !s.unlinked.Load() {
		s.loggingOut.Store(false)
		_, failed := done(err)
		return nil, failed
	}
	s.end(ending{reason: "logged out", loggedOutByHost: true})
	for b.currentSession() == s || !b.whoAmI().jid.IsEmpty() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return nil, notConnected(StateUnpaired)
		}
	}
	return empty{}, nil
}

// unlink asks WhatsApp to remove this device. The library's own Logout also deletes its store, and so does what it does
// when WhatsApp closes the connection of a removed device: the two would race. The session is deleted when it is over.
func unlink(ctx context.Context, client *whatsmeow.Client) error {
	//lint:ignore SA1019 it is deprecated as a warning that it may change; there is no other way to send this request
	_, err := client.DangerousInternals().SendIQ(ctx, whatsmeow.DangerousInfoQuery{
		Namespace: "md",
		Type:      "set",
		To:        types.ServerJID,
		Content: []waBinary.Node{{
			Tag:   "remove-companion-device",
			Attrs: waBinary.Attrs{"jid": client.Store.GetJID(), "reason": "user_initiated"},
		}},
	})
	return err
}

// done is the answer to a method without a result.
func done(err error) (any, *rpc.Error) {
	switch {
	case err == nil:
		return empty{}, nil
	case isConnectionError(err):
		return nil, &rpc.Error{Code: codeNotConnected, Message: err.Error()}
	default:
		return nil, &rpc.Error{Code: rpc.CodeInternalError, Message: err.Error()}
	}
}
