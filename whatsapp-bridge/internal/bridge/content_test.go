package bridge

import (
	"testing"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

func wrap(inner *waE2E.Message) *waE2E.FutureProofMessage {
	return &waE2E.FutureProofMessage{Message: inner}
}

// TestContents is a table of the shapes in which messages come.
func TestContents(t *testing.T) {
	text := &waE2E.Message{Conversation: proto.String("hello")}
	image := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		Mimetype: proto.String("image/png"), FileLength: proto.Uint64(10), Caption: proto.String("look"),
	}}
	document := &waE2E.DocumentMessage{
		Mimetype: proto.String("text/csv"), FileLength: proto.Uint64(3), FileName: proto.String("a.csv"), Caption: proto.String("list"),
	}
	picture := &Media{Type: "image", Mime: "image/png", Size: 10}
	poll := &waE2E.PollCreationMessage{Name: proto.String("when?"), Options: []*waE2E.PollCreationMessage_Option{
		{OptionName: proto.String("today")}, {OptionName: proto.String("never")},
	}}
	video := func(v *waE2E.VideoMessage) *waE2E.VideoMessage {
		v.Mimetype, v.FileLength, v.Seconds = proto.String("video/mp4"), proto.Uint64(9), proto.Uint32(4)
		return v
	}
	film := &Media{Type: "video", Mime: "video/mp4", Size: 9, Seconds: 4}
	for name, c := range map[string]struct {
		message *waE2E.Message
		text    string
		media   *Media
	}{
		"text":               {text, "hello", nil},
		"text with context":  {&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("hi")}}, "hi", nil},
		"disappearing":       {&waE2E.Message{EphemeralMessage: wrap(text)}, "hello", nil},
		"view once":          {&waE2E.Message{ViewOnceMessage: wrap(image)}, "look", picture},
		"view once 2":        {&waE2E.Message{ViewOnceMessageV2: wrap(image)}, "look", picture},
		"view once 2 voice":  {&waE2E.Message{ViewOnceMessageV2Extension: wrap(image)}, "look", picture},
		"album":              {&waE2E.Message{AssociatedChildMessage: wrap(image)}, "look", picture},
		"spoiler":            {&waE2E.Message{SpoilerMessage: wrap(text)}, "hello", nil},
		"group mentioned":    {&waE2E.Message{GroupMentionedMessage: wrap(text)}, "hello", nil},
		"forwarded by bot":   {&waE2E.Message{BotForwardedMessage: wrap(text)}, "hello", nil},
		"sent by own device": {&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{Message: text}}, "hello", nil},
		"wrapped deeply": {&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{Message: &waE2E.Message{
			EphemeralMessage: wrap(&waE2E.Message{ViewOnceMessageV2: wrap(image)}),
		}}}, "look", picture},
		"picture":  {image, "look", picture},
		"video":    {&waE2E.Message{VideoMessage: video(&waE2E.VideoMessage{Caption: proto.String("film")})}, "film", film},
		"gif":      {&waE2E.Message{VideoMessage: video(&waE2E.VideoMessage{GifPlayback: proto.Bool(true)})}, "", film},
		"round":    {&waE2E.Message{PtvMessage: video(&waE2E.VideoMessage{})}, "", film},
		"song":     {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{Mimetype: proto.String("audio/mp4"), Seconds: proto.Uint32(2)}}, "", &Media{Type: "audio", Mime: "audio/mp4", Seconds: 2}},
		"voice":    {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true), FileLength: proto.Uint64(5)}}, "", &Media{Type: "voice", Size: 5}},
		"document": {&waE2E.Message{DocumentMessage: document}, "list", &Media{Type: "document", Mime: "text/csv", Size: 3, FileName: "a.csv"}},
		"document with caption": {
			&waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{DocumentMessage: document})}, "list",
			&Media{Type: "document", Mime: "text/csv", Size: 3, FileName: "a.csv"},
		},
		"document with title only": {
			&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Title: proto.String("bill")}}, "", &Media{Type: "document", FileName: "bill"},
		},
		"sticker":          {&waE2E.Message{StickerMessage: &waE2E.StickerMessage{Mimetype: proto.String("image/webp")}}, "", &Media{Type: "sticker", Mime: "image/webp"}},
		"animated sticker": {&waE2E.Message{LottieStickerMessage: wrap(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}})}, "", &Media{Type: "sticker"}},
		"sticker pack":     {&waE2E.Message{StickerPackMessage: &waE2E.StickerPackMessage{Name: proto.String("cats"), FileLength: proto.Uint64(8)}}, "cats", &Media{Type: "other", Size: 8}},
		"contact":          {&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Bob")}}, "Bob", &Media{Type: "contact", Mime: "text/vcard"}},
		"contacts": {&waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{Contacts: []*waE2E.ContactMessage{
			{DisplayName: proto.String("Bob")}, {DisplayName: proto.String("Carol")},
		}}}, "Bob, Carol", &Media{Type: "contact", Mime: "text/vcard"}},
		"location": {
			&waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: proto.String("Café"), DegreesLatitude: proto.Float64(1), DegreesLongitude: proto.Float64(-2.5)}},
			"Café\n1.000000, -2.500000", &Media{Type: "location"},
		},
		"live location":  {&waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{Caption: proto.String("on my way")}}, "on my way\n0.000000, 0.000000", &Media{Type: "location"}},
		"poll":           {&waE2E.Message{PollCreationMessage: poll}, "when?\n- today\n- never", &Media{Type: "other"}},
		"poll 3":         {&waE2E.Message{PollCreationMessageV3: poll}, "when?\n- today\n- never", &Media{Type: "other"}},
		"poll 4":         {&waE2E.Message{PollCreationMessageV4: wrap(&waE2E.Message{PollCreationMessage: poll})}, "when?\n- today\n- never", &Media{Type: "other"}},
		"event":          {&waE2E.Message{EventMessage: &waE2E.EventMessage{Name: proto.String("Party")}}, "Party", &Media{Type: "other"}},
		"invitation":     {&waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{GroupName: proto.String("Club"), Caption: proto.String("join")}}, "Club\njoin", &Media{Type: "other"}},
		"button pressed": {&waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{Response: &waE2E.ButtonsResponseMessage_SelectedDisplayText{SelectedDisplayText: "Yes"}}}, "Yes", nil},
		"buttons":        {&waE2E.Message{ButtonsMessage: &waE2E.ButtonsMessage{ContentText: proto.String("Sure?"), FooterText: proto.String("Shop")}}, "Sure?\nShop", nil},
		"list":           {&waE2E.Message{ListMessage: &waE2E.ListMessage{Title: proto.String("Menu"), Description: proto.String("of today")}}, "Menu\nof today", nil},
		"list pressed":   {&waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: proto.String("Soup")}}, "Soup", nil},
		"template": {&waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{
			HydratedContentText: proto.String("Your parcel"),
		}}}, "Your parcel", nil},
		"template pressed": {&waE2E.Message{TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{SelectedDisplayText: proto.String("Track")}}, "Track", nil},
		"interactive":      {&waE2E.Message{InteractiveMessage: &waE2E.InteractiveMessage{Body: &waE2E.InteractiveMessage_Body{Text: proto.String("Offer")}}}, "Offer", nil},
		"order":            {&waE2E.Message{OrderMessage: &waE2E.OrderMessage{Message: proto.String("two please")}}, "two please", nil},
		"payment":          {&waE2E.Message{RequestPaymentMessage: &waE2E.RequestPaymentMessage{NoteMessage: text}}, "hello", nil},
	} {
		found, ok := readContent(unwrapped(c.message))
		if !ok || found.text != c.text {
			t.Errorf("%s: %q (%t), expected %q", name, found.text, ok, c.text)
		}
		if (found.media == nil) != (c.media == nil) || found.media != nil && *found.media != *c.media {
			t.Errorf("%s: %+v, expected %+v", name, found.media, c.media)
		}
	}
}

// TestNoContents are the shapes that a person does not see as a message.
func TestNoContents(t *testing.T) {
	key := &waCommon.MessageKey{ID: proto.String("1")}
	for name, message := range map[string]*waE2E.Message{
		"nothing":       nil,
		"empty":         {},
		"empty text":    {Conversation: proto.String("")},
		"group key":     {SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{GroupID: proto.String("g")}},
		"reaction":      {ReactionMessage: &waE2E.ReactionMessage{Text: proto.String("👍"), Key: key}},
		"hidden react.": {EncReactionMessage: &waE2E.EncReactionMessage{}},
		"deletion":      {ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key}},
		"history":       {ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum()}},
		"vote":          {PollUpdateMessage: &waE2E.PollUpdateMessage{}},
		"pin":           {PinInChatMessage: &waE2E.PinInChatMessage{}},
		"keep":          {KeepInChatMessage: &waE2E.KeepInChatMessage{}},
		"call":          {Call: &waE2E.Call{}},
		"album's head":  {AlbumMessage: &waE2E.AlbumMessage{ExpectedImageCount: proto.Uint32(2)}},
		"status":        {GroupStatusMessage: wrap(&waE2E.Message{Conversation: proto.String("status")})},
		"secret only":   {MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("x")}},
		"wrapped in itself": {EphemeralMessage: wrap(&waE2E.Message{EphemeralMessage: wrap(&waE2E.Message{
			EphemeralMessage: &waE2E.FutureProofMessage{},
		})})},
	} {
		if found, ok := readContent(unwrapped(message)); ok {
			t.Errorf("%s: %+v", name, found)
		}
	}
}
