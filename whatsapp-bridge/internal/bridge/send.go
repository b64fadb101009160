package bridge

import (
	"context"
	"fmt"
	"regexp"
	"time"
	"unicode/utf16"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

// maxText is the longest text that WhatsApp's own clients send, in UTF-16 units.
const maxText = 65536

var messageID = regexp.MustCompile(`^3EB0[0-9A-F]{18}$`)

// queueSend keeps the messages in the order in which the host sent them.
func (b *Bridge) queueSend(ctx context.Context, request rpc.Request) {
	params, failed := decode[sendParams](request.Params)
	if failed != nil {
		request.Reply(nil, failed)
		return
	}
	select {
	case b.sends <- func() { request.Reply(b.send(ctx, params)) }:
	default:
		request.Reply(nil, b.tooFast(fmt.Errorf("%d messages wait to be sent", cap(b.sends))))
	}
}

func (b *Bridge) keepSending(ctx context.Context) {
	for {
		select {
		case send := <-b.sends:
			send()
		case <-ctx.Done():
			return
		}
	}
}

func (b *Bridge) send(ctx context.Context, params sendParams) (any, *rpc.Error) {
	chat, message, failed := composed(params)
	if failed != nil {
		return nil, failed
	}
	// The host may have died between WhatsApp's acknowledgement and its own commit.
	timestamp, sent, err := b.store.Ledger.Sent(ctx, params.MessageID, params.Chat)
	if err != nil {
		return nil, &rpc.Error{Code: codeUnknownOutcome, Message: "store: cannot look up the message: " + err.Error()}
	}
	if sent {
		return sendResult{timestamp}, nil
	}
	client, failed := b.connectedClient()
	if failed != nil {
		return nil, failed
	}
	if quoted := params.ReplyTo; quoted != nil {
		author, _ := parseUser("reply_to.sender", quoted.Sender)
		message.ExtendedTextMessage.ContextInfo.Participant = proto.String(b.addresses.in(ctx, chat, author).String())
	}
	// Asking for devices and keys takes its time as well; other chats wait behind this one.
	ctx, cancel := context.WithTimeout(ctx, 2*b.timings.Send)
	defer cancel()
	extra := whatsmeow.SendRequestExtra{ID: params.MessageID, Timeout: b.timings.Send}
	response, err := client.SendMessage(ctx, chat, message, extra)
	if err != nil {
		b.log.Warn("message not sent", "id", params.MessageID, "error", err)
		return nil, b.sendError(err)
	}
	if response.Timestamp.IsZero() { // a server that does not say when it took it
		response.Timestamp = time.Now()
	}
	timestamp = response.Timestamp.UnixMilli()
	if err := b.store.Ledger.MarkSent(ctx, params.MessageID, params.Chat, timestamp); err != nil {
		b.log.Warn("sent message not remembered", "id", params.MessageID, "error", err)
	}
	return sendResult{timestamp}, nil
}

// composed checks what the host wants to send and puts it into WhatsApp's form. Without a retry that
// could help, so what is wrong with it is refused for good.
func composed(params sendParams) (address, *waE2E.Message, *rpc.Error) {
	if !messageID.MatchString(params.MessageID) {
		return address{}, nil, rpc.InvalidParams("message_id: %q is not 3EB0 and 18 upper-case hex digits", clipped(params.MessageID))
	}
	chat, failed := parseChat(params.Chat)
	if failed != nil {
		return address{}, nil, refused(failed.Message)
	}
	if params.Text == "" {
		return address{}, nil, refused("text: is empty")
	}
	if length := len(utf16.Encode([]rune(params.Text))); length > maxText {
		return address{}, nil, refused(fmt.Sprintf("text: has %d characters, WhatsApp takes %d; split it", length, maxText))
	}
	if params.ReplyTo == nil && len(params.Mentions) == 0 {
		return chat, &waE2E.Message{Conversation: proto.String(params.Text)}, nil
	}
	info := &waE2E.ContextInfo{}
	for _, mention := range params.Mentions {
		person, failed := parseUser("mentions", mention)
		if failed != nil {
			return address{}, nil, refused(failed.Message)
		}
		info.MentionedJID = append(info.MentionedJID, person.String())
	}
	if quoted := params.ReplyTo; quoted != nil {
		if _, failed := parseUser("reply_to.sender", quoted.Sender); failed != nil {
			return address{}, nil, refused(failed.Message)
		}
		info.StanzaID = proto.String(quoted.ID)
		info.QuotedMessage = &waE2E.Message{Conversation: proto.String(quoted.Text)}
	}
	return chat, &waE2E.Message{
		ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(params.Text), ContextInfo: info},
	}, nil
}

func clipped(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}
