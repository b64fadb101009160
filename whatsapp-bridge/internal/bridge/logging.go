package bridge

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	signalLog "go.mau.fi/libsignal/logger"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// maxLogText bounds a line of the library, which likes to print whole stanzas.
const maxLogText = 1000

// NewLogger writes one JSON object on each line.
func NewLogger(out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, attribute slog.Attr) slog.Attr {
			if attribute.Key == slog.TimeKey {
				return slog.String(slog.TimeKey, attribute.Value.Time().UTC().Format(time.RFC3339Nano))
			}
			return attribute
		},
	}))
}

// libraryLog gives whatsmeow's log lines to ours.
type libraryLog struct {
	log  *slog.Logger
	name string
}

// NewLibraryLog is a logger for whatsmeow.
func NewLibraryLog(log *slog.Logger) waLog.Logger {
	return libraryLog{log, "whatsmeow"}
}

func (l libraryLog) write(level slog.Level, format string, arguments []any) {
	if !l.log.Enabled(context.Background(), level) {
		return
	}
	text := fmt.Sprintf(format, arguments...)
	if level > slog.LevelDebug && len(text) > maxLogText {
		text = text[:maxLogText] + "…"
	}
	l.log.Log(context.Background(), level, text, "logger", l.name)
}

func (l libraryLog) Errorf(format string, arguments ...any) {
	l.write(slog.LevelError, format, arguments)
}
func (l libraryLog) Warnf(format string, arguments ...any) {
	l.write(slog.LevelWarn, format, arguments)
}
func (l libraryLog) Infof(format string, arguments ...any) {
	l.write(slog.LevelInfo, format, arguments)
}
func (l libraryLog) Debugf(format string, arguments ...any) {
	l.write(slog.LevelDebug, format, arguments)
}
func (l libraryLog) Sub(module string) waLog.Logger { return libraryLog{l.log, l.name + "/" + module} }

// CatchSignalLog redirects the Signal library, which otherwise prints its errors to stdout, into the
// middle of the JSON-RPC. A message that cannot be decrypted is enough for that.
func CatchSignalLog(log *slog.Logger) {
	var caught signalLog.Loggable = signalLines{libraryLog{log, "libsignal"}}
	signalLog.Setup(&caught)
}

type signalLines struct {
	lines libraryLog
}

func (s signalLines) Debug(caller, text string)   { s.lines.Debugf("%s: %s", caller, text) }
func (s signalLines) Info(caller, text string)    { s.lines.Infof("%s: %s", caller, text) }
func (s signalLines) Warning(caller, text string) { s.lines.Warnf("%s: %s", caller, text) }
func (s signalLines) Error(caller, text string)   { s.lines.Errorf("%s: %s", caller, text) }
func (s signalLines) Configure(string)            {}
