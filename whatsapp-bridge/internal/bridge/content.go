package bridge

import (
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
)

// content is what a person sees of a message.
type content struct {
	text    string
	media   *Media
	context *waE2E.ContextInfo
}

// unwrapped takes off the wrappers, in whatever order they come.
func unwrapped(message *waE2E.Message) *waE2E.Message {
	for range 8 { // deeper than any client nests them
		inner := firstInner(message)
		if inner == nil {
			return message
		}
		message = inner
	}
	return message
}

func firstInner(m *waE2E.Message) *waE2E.Message {
	if inner := m.GetDeviceSentMessage().GetMessage(); inner != nil {
		return inner
	}
	for _, wrapper := range []*waE2E.FutureProofMessage{
		m.GetEphemeralMessage(), m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(),
		m.GetDocumentWithCaptionMessage(), m.GetEditedMessage(), m.GetLottieStickerMessage(), m.GetGroupMentionedMessage(),
		m.GetAssociatedChildMessage(), m.GetBotInvokeMessage(), m.GetBotForwardedMessage(), m.GetSpoilerMessage(),
		m.GetQuestionMessage(), m.GetQuestionReplyMessage(), m.GetPollCreationMessageV4(),
	} {
		if inner := wrapper.GetMessage(); inner != nil {
			return inner
		}
	}
	return nil
}

// readContent says what a person sees of an unwrapped message, and whether that is anything.
func readContent(m *waE2E.Message) (content, bool) {
	for _, read := range []func(*waE2E.Message) (content, bool){readText, readMedia, readPlaceOrPerson, readChoice, readBusiness} {
		if found, ok := read(m); ok {
			return found, true
		}
	}
	return content{}, false
}

func readText(m *waE2E.Message) (content, bool) {
	if text := m.GetConversation(); text != "" {
		return content{text: text}, true
	}
	if extended := m.GetExtendedTextMessage(); extended.GetText() != "" {
		return content{text: extended.GetText(), context: extended.GetContextInfo()}, true
	}
	return content{}, false
}

func readMedia(m *waE2E.Message) (content, bool) {
	if image := m.GetImageMessage(); image != nil {
		media := file(mediaImage, image.GetMimetype(), image.GetFileLength())
		return content{image.GetCaption(), media, image.GetContextInfo()}, true
	}
	for _, video := range []*waE2E.VideoMessage{m.GetVideoMessage(), m.GetPtvMessage()} {
		if video != nil {
			media := file(mediaVideo, video.GetMimetype(), video.GetFileLength())
			media.Seconds = int64(video.GetSeconds())
			return content{video.GetCaption(), media, video.GetContextInfo()}, true
		}
	}
	if audio := m.GetAudioMessage(); audio != nil {
		kind := mediaAudio
		if audio.GetPTT() {
			kind = mediaVoice
		}
		media := file(kind, audio.GetMimetype(), audio.GetFileLength())
		media.Seconds = int64(audio.GetSeconds())
		return content{"", media, audio.GetContextInfo()}, true
	}
	if document := m.GetDocumentMessage(); document != nil {
		media := file(mediaDocument, document.GetMimetype(), document.GetFileLength())
		media.FileName = firstNonEmpty(document.GetFileName(), document.GetTitle())
		return content{document.GetCaption(), media, document.GetContextInfo()}, true
	}
	if sticker := m.GetStickerMessage(); sticker != nil {
		return content{"", file(mediaSticker, sticker.GetMimetype(), sticker.GetFileLength()), sticker.GetContextInfo()}, true
	}
	return content{}, false
}

func readPlaceOrPerson(m *waE2E.Message) (content, bool) {
	if contact := m.GetContactMessage(); contact != nil {
		return content{contact.GetDisplayName(), &Media{Type: mediaContact, Mime: "text/vcard"}, contact.GetContextInfo()}, true
	}
	if contacts := m.GetContactsArrayMessage(); contacts != nil {
		var names []string
		for _, contact := range contacts.GetContacts() {
			names = append(names, contact.GetDisplayName())
		}
		return content{strings.Join(names, ", "), &Media{Type: mediaContact, Mime: "text/vcard"}, contacts.GetContextInfo()}, true
	}
	if place := m.GetLocationMessage(); place != nil {
		text := lines(place.GetName(), place.GetAddress(), place.GetComment(), coordinates(place.GetDegreesLatitude(), place.GetDegreesLongitude()))
		return content{text, &Media{Type: mediaLocation}, place.GetContextInfo()}, true
	}
	if live := m.GetLiveLocationMessage(); live != nil {
		text := lines(live.GetCaption(), coordinates(live.GetDegreesLatitude(), live.GetDegreesLongitude()))
		return content{text, &Media{Type: mediaLocation}, live.GetContextInfo()}, true
	}
	return content{}, false
}

// readChoice reads polls, events and invitations: text that its sender composed in a form.
func readChoice(m *waE2E.Message) (content, bool) {
	for _, poll := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(), m.GetPollCreationMessageV5(), m.GetPollCreationMessageV6(),
	} {
		if poll != nil {
			text := poll.GetName()
			for _, option := range poll.GetOptions() {
				text += "\n- " + option.GetOptionName()
			}
			return content{text, &Media{Type: mediaOther}, poll.GetContextInfo()}, true
		}
	}
	if event := m.GetEventMessage(); event != nil {
		text := lines(event.GetName(), event.GetDescription(), event.GetLocation().GetName(), event.GetJoinLink())
		return content{text, &Media{Type: mediaOther}, event.GetContextInfo()}, true
	}
	if invitation := m.GetGroupInviteMessage(); invitation != nil {
		text := lines(invitation.GetGroupName(), invitation.GetCaption())
		return content{text, &Media{Type: mediaOther}, invitation.GetContextInfo()}, true
	}
	return content{}, false
}

// readBusiness reads what companies send, and the buttons that people press there, as far as it is text.
func readBusiness(m *waE2E.Message) (content, bool) {
	for _, found := range []content{
		{lines(m.GetButtonsMessage().GetContentText(), m.GetButtonsMessage().GetFooterText()), nil, m.GetButtonsMessage().GetContextInfo()},
		{m.GetButtonsResponseMessage().GetSelectedDisplayText(), nil, m.GetButtonsResponseMessage().GetContextInfo()},
		{lines(m.GetListMessage().GetTitle(), m.GetListMessage().GetDescription()), nil, m.GetListMessage().GetContextInfo()},
		{m.GetListResponseMessage().GetTitle(), nil, m.GetListResponseMessage().GetContextInfo()},
		{template(m.GetTemplateMessage()), nil, m.GetTemplateMessage().GetContextInfo()},
		{template(m.GetHighlyStructuredMessage().GetHydratedHsm()), nil, nil},
		{m.GetTemplateButtonReplyMessage().GetSelectedDisplayText(), nil, m.GetTemplateButtonReplyMessage().GetContextInfo()},
		{m.GetInteractiveMessage().GetBody().GetText(), nil, m.GetInteractiveMessage().GetContextInfo()},
		{m.GetInteractiveResponseMessage().GetBody().GetText(), nil, m.GetInteractiveResponseMessage().GetContextInfo()},
		{lines(m.GetProductMessage().GetProduct().GetTitle(), m.GetProductMessage().GetBody()), nil, m.GetProductMessage().GetContextInfo()},
		{lines(m.GetOrderMessage().GetOrderTitle(), m.GetOrderMessage().GetMessage()), nil, m.GetOrderMessage().GetContextInfo()},
	} {
		if found.text != "" {
			return found, true
		}
	}
	for _, note := range []*waE2E.Message{m.GetRequestPaymentMessage().GetNoteMessage(), m.GetSendPaymentMessage().GetNoteMessage()} {
		if found, ok := readText(unwrapped(note)); ok {
			return found, true
		}
	}
	if pack := m.GetStickerPackMessage(); pack != nil {
		return content{lines(pack.GetName(), pack.GetCaption()), file(mediaOther, "", pack.GetFileLength()), pack.GetContextInfo()}, true
	}
	return content{}, false
}

func template(m *waE2E.TemplateMessage) string {
	hydrated := m.GetHydratedTemplate()
	if hydrated == nil {
		hydrated = m.GetHydratedFourRowTemplate()
	}
	return lines(hydrated.GetHydratedTitleText(), hydrated.GetHydratedContentText(), hydrated.GetHydratedFooterText())
}

func file(kind, mime string, size uint64) *Media {
	return &Media{Type: kind, Mime: mime, Size: int64(min(size, 1<<62))}
}

func coordinates(latitude, longitude float64) string {
	return fmt.Sprintf("%.6f, %.6f", latitude, longitude)
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// lines puts the texts that are there below each other.
func lines(texts ...string) string {
	var there []string
	for _, text := range texts {
		if text != "" {
			there = append(there, text)
		}
	}
	return strings.Join(there, "\n")
}
