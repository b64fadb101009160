package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Ledger is what the bridge itself remembers, in tables beside the library's.
type Ledger struct {
	database *sql.DB
}

// sentMemory is how long an acknowledged message id is known; the host repeats a send within minutes.
const sentMemory = 14 * 24 * time.Hour

func newLedger(ctx context.Context, database *sql.DB) (*Ledger, error) {
	_, err := database.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS bridge_sent (message_id TEXT PRIMARY KEY, chat TEXT NOT NULL, timestamp INTEGER NOT NULL);
		CREATE TABLE IF NOT EXISTS bridge_lid_chats (lid TEXT PRIMARY KEY);
		CREATE TABLE IF NOT EXISTS bridge_state (key TEXT PRIMARY KEY, value TEXT NOT NULL);`)
	if err != nil {
		return nil, fmt.Errorf("cannot create the bridge's tables: %w", err)
	}
	_, err = database.ExecContext(ctx, "DELETE FROM bridge_sent WHERE timestamp < ?", time.Now().Add(-sentMemory).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("cannot forget old messages: %w", err)
	}
	return &Ledger{database}, nil
}

// Sent is when WhatsApp acknowledged the message, if it did.
func (l *Ledger) Sent(ctx context.Context, messageID, chat string) (timestamp int64, sent bool, err error) {
	err = l.database.QueryRowContext(ctx, "SELECT timestamp FROM bridge_sent WHERE message_id = ? AND chat = ?", messageID, chat).
		Scan(&timestamp)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return timestamp, err == nil, err
}

// MarkSent remembers that WhatsApp acknowledged the message.
func (l *Ledger) MarkSent(ctx context.Context, messageID, chat string, timestamp int64) error {
	_, err := l.database.ExecContext(ctx, "INSERT OR REPLACE INTO bridge_sent VALUES (?, ?, ?)", messageID, chat, timestamp)
	return err
}

// LIDChats are the chats that the host knows by a hidden address only.
func (l *Ledger) LIDChats(ctx context.Context) ([]string, error) {
	rows, err := l.database.QueryContext(ctx, "SELECT lid FROM bridge_lid_chats")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var lids []string
	for rows.Next() {
		var lid string
		if err := rows.Scan(&lid); err != nil {
			return nil, err
		}
		lids = append(lids, lid)
	}
	return lids, rows.Err()
}

// AddLIDChat remembers a chat that the host is about to know by its hidden address.
func (l *Ledger) AddLIDChat(ctx context.Context, lid string) error {
	_, err := l.database.ExecContext(ctx, "INSERT OR IGNORE INTO bridge_lid_chats VALUES (?)", lid)
	return err
}

// RemoveLIDChat forgets a chat that the host has merged.
func (l *Ledger) RemoveLIDChat(ctx context.Context, lid string) error {
	_, err := l.database.ExecContext(ctx, "DELETE FROM bridge_lid_chats WHERE lid = ?", lid)
	return err
}

// Value is a remembered text, empty when there is none.
func (l *Ledger) Value(ctx context.Context, key string) (value string, err error) {
	err = l.database.QueryRowContext(ctx, "SELECT value FROM bridge_state WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetValue remembers a text.
func (l *Ledger) SetValue(ctx context.Context, key, value string) error {
	_, err := l.database.ExecContext(ctx, "INSERT OR REPLACE INTO bridge_state VALUES (?, ?)", key, value)
	return err
}
