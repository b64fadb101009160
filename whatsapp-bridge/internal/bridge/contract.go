package bridge

// These are the shapes of DESIGN.md §7; contract/*.json holds an example of each.

// Protocol is the version of the contract.
const Protocol = 1

// The errors of the contract, beside the standard ones of JSON-RPC.
const (
	codeNotConnected   = 1 // try again with the same id
	codeUnknownOutcome = 2 // try again with the same id
	codeRefused        = 3 // for good
	codeTooFast        = 4 // not before retry_in
)

// State is where the connection stands.
type State string

// The states of the contract.
const (
	StateUnpaired     State = "unpaired"
	StateConnecting   State = "connecting"
	StateConnected    State = "connected"
	StateDisconnected State = "disconnected"
	StateStopped      State = "stopped"
)

// Hello is the first line.
type Hello struct {
	Protocol  int    `json:"protocol"`
	Bridge    string `json:"bridge"`
	Whatsmeow string `json:"whatsmeow"`
	State     State  `json:"state"`
}

// QR is a code to be shown until it expires.
type QR struct {
	Code      string `json:"code"`
	ExpiresIn int64  `json:"expires_in"`
}

// Paired says which account the bridge belongs to from now on.
type Paired struct {
	JID string `json:"jid"`
	LID string `json:"lid"`
}

// Connected says that messages flow.
type Connected struct {
	JID  string `json:"jid"`
	LID  string `json:"lid"`
	Name string `json:"name"`
}

// Disconnected says that the bridge tries again by itself.
type Disconnected struct {
	Reason  string `json:"reason"`
	RetryIn int64  `json:"retry_in"`
}

// Stopped says that only `connect` starts the connection again.
type Stopped struct {
	Reason string `json:"reason"`
	Text   string `json:"text"`
	Until  int64  `json:"until,omitempty"`
}

// The reasons to stop.
const (
	reasonLoggedOut = "logged_out"
	reasonBanned    = "banned"
	reasonReplaced  = "replaced"
	reasonOutdated  = "outdated"
)

// Message is what a person wrote.
type Message struct {
	ID         string   `json:"id"`
	Chat       string   `json:"chat"`
	Sender     string   `json:"sender"`
	SenderName string   `json:"sender_name"`
	Text       string   `json:"text"`
	Timestamp  int64    `json:"timestamp"`
	FromMe     bool     `json:"from_me"`
	IsGroup    bool     `json:"is_group"`
	Mentions   []string `json:"mentions"`
	MentionsMe bool     `json:"mentions_me"`
	Quoted     *Quoted  `json:"quoted,omitempty"`
	EditOf     string   `json:"edit_of,omitempty"`
	Media      *Media   `json:"media,omitempty"`
}

// Quoted is the message that another one answers, in both directions.
type Quoted struct {
	ID     string `json:"id"`
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

// Media describes what came with a message and was not downloaded.
type Media struct {
	Type     string `json:"type"`
	Mime     string `json:"mime"`
	Size     int64  `json:"size"`
	FileName string `json:"file_name,omitempty"`
	Seconds  int64  `json:"seconds,omitempty"`
}

// The types of media.
const (
	mediaImage    = "image"
	mediaVideo    = "video"
	mediaAudio    = "audio"
	mediaVoice    = "voice"
	mediaDocument = "document"
	mediaSticker  = "sticker"
	mediaContact  = "contact"
	mediaLocation = "location"
	mediaOther    = "other"
)

// ChatMerged says that the host's chat From is the chat To.
type ChatMerged struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type sendParams struct {
	Chat      string   `json:"chat"`
	Text      string   `json:"text"`
	MessageID string   `json:"message_id"`
	ReplyTo   *Quoted  `json:"reply_to"`
	Mentions  []string `json:"mentions"`
}

type sendResult struct {
	Timestamp int64 `json:"timestamp"`
}

type typingParams struct {
	Chat  string `json:"chat"`
	State string `json:"state"`
}

type markReadParams struct {
	Chat   string   `json:"chat"`
	Sender string   `json:"sender"`
	IDs    []string `json:"ids"`
}

type pairPhoneParams struct {
	Phone string `json:"phone"`
}

type pairPhoneResult struct {
	Code string `json:"code"`
}

type groupsResult struct {
	Groups []group `json:"groups"`
}

type group struct {
	JID          string `json:"jid"`
	Name         string `json:"name"`
	Participants int    `json:"participants"`
}

type statusResult struct {
	State State  `json:"state"`
	JID   string `json:"jid,omitempty"`
	LID   string `json:"lid,omitempty"`
	Name  string `json:"name,omitempty"`
}

type retryData struct {
	RetryIn int64 `json:"retry_in"`
}

type empty struct{}
