package bridge

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"nanoclaw.dev/whatsapp-bridge/internal/rpc"
)

type golden struct {
	Method, Direction, Kind string
	Examples                []struct {
		Name                       string
		Message, Request, Response json.RawMessage
	}
}

type wireLine struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *rpc.Error      `json:"error,omitempty"`
}

// shapes are our types for each method: of the parameters and of the result.
var shapes = map[string][2]any{
	"hello":        {Hello{}, nil},
	"connect":      {empty{}, empty{}},
	"status":       {empty{}, statusResult{}},
	"pair_phone":   {pairPhoneParams{}, pairPhoneResult{}},
	"send":         {sendParams{}, sendResult{}},
	"typing":       {typingParams{}, empty{}},
	"mark_read":    {markReadParams{}, empty{}},
	"groups":       {empty{}, groupsResult{}},
	"logout":       {empty{}, empty{}},
	"message":      {Message{}, empty{}},
	"chat_merged":  {ChatMerged{}, empty{}},
	"qr":           {QR{}, nil},
	"paired":       {Paired{}, nil},
	"connected":    {Connected{}, nil},
	"disconnected": {Disconnected{}, nil},
	"stopped":      {Stopped{}, nil},
}

func goldenFiles(t *testing.T) map[string]golden {
	t.Helper()
	names, err := filepath.Glob("../../contract/*.json")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]golden)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file golden
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if file.Method+".json" != filepath.Base(name) || len(file.Examples) == 0 {
			t.Errorf("%s is about %q, with %d examples", name, file.Method, len(file.Examples))
		}
		files[file.Method] = file
	}
	return files
}

// TestExamplesAreWhatTheBridgeReadsAndWrites: each example has exactly the fields of our types, no more and no fewer.
func TestExamplesAreWhatTheBridgeReadsAndWrites(t *testing.T) {
	files := goldenFiles(t)
	for method := range shapes {
		if _, ok := files[method]; !ok {
			t.Errorf("no example of %s", method)
		}
	}
	for method, file := range files {
		shape, known := shapes[method]
		if !known {
			t.Errorf("%s: a method that the bridge does not have", method)
			continue
		}
		for _, example := range file.Examples {
			name := method + ", " + example.Name
			first := example.Message
			if file.Kind == "request" {
				first = example.Request
				response := parse(t, name, example.Response)
				if request := parse(t, name, first); string(request.ID) != string(response.ID) {
					t.Errorf("%s: ids differ", name)
				}
				if response.Error == nil {
					sameFields(t, name+" (result)", response.Result, shape[1])
				}
			}
			message := parse(t, name, first)
			if message.Method != method || (message.ID == nil) != (file.Kind == "notification") {
				t.Errorf("%s: %s", name, first)
			}
			sameFields(t, name, message.Params, shape[0])
		}
	}
}

func parse(t *testing.T, name string, data json.RawMessage) wireLine {
	t.Helper()
	var line wireLine
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&line); err != nil || line.JSONRPC != "2.0" {
		t.Errorf("%s: %s: %v", name, data, err)
	}
	return line
}

// sameFields reads the example into our type and writes it again: for what the bridge writes nothing may
// change; for what it only reads, every field must at least be known.
func sameFields(t *testing.T, name string, data json.RawMessage, shape any) {
	t.Helper()
	value := reflect.New(reflect.TypeOf(shape))
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value.Interface()); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if strings.HasSuffix(value.Elem().Type().Name(), "Params") {
		return
	}
	written, err := json.Marshal(value.Interface())
	if err != nil {
		t.Fatal(err)
	}
	var expected, got any
	_ = json.Unmarshal(data, &expected)
	_ = json.Unmarshal(written, &got)
	if !reflect.DeepEqual(expected, got) {
		t.Errorf("%s:\nexample %s\nbridge  %s", name, data, written)
	}
}

// TestExamplesOfSendAreChecked: what the examples say about bad requests is what the checks say.
func TestExamplesOfSendAreChecked(t *testing.T) {
	for _, example := range goldenFiles(t)["send"].Examples {
		request, response := parse(t, example.Name, example.Request), parse(t, example.Name, example.Response)
		params, failed := decode[sendParams](request.Params)
		if failed != nil {
			t.Errorf("%s: %v", example.Name, failed)
			continue
		}
		_, _, failed = composed(params)
		local := example.Name == "empty text" || example.Name == "wrong message id"
		switch {
		case local && (failed == nil || failed.Code != response.Error.Code || failed.Message != response.Error.Message):
			t.Errorf("%s: %v instead of %v", example.Name, failed, response.Error)
		case !local && failed != nil:
			t.Errorf("%s: %v", example.Name, failed)
		}
	}
}

// TestExamplesOfStoppedAreOurWords: the owner reads them.
func TestExamplesOfStoppedAreOurWords(t *testing.T) {
	now := time.UnixMilli(1795357200000).Add(-time.Hour)
	made := map[string]any{
		"logged out":         &events.LoggedOut{Reason: 401},
		"banned":             &events.TemporaryBan{Code: 101, Expire: time.Hour},
		"banned without end": &events.TemporaryBan{Code: 102},
		"replaced":           &events.StreamReplaced{},
		"outdated":           &events.ClientOutdated{},
	}
	for _, example := range goldenFiles(t)["stopped"].Examples {
		var expected Stopped
		if err := json.Unmarshal(parse(t, example.Name, example.Message).Params, &expected); err != nil {
			t.Fatal(err)
		}
		if got := stopFor(made[example.Name], now); got == nil || *got != expected {
			t.Errorf("%s: %+v instead of %+v", example.Name, got, expected)
		}
	}
	if stopFor(&events.Connected{}, now) != nil {
		t.Error("stopped by being connected")
	}
}
