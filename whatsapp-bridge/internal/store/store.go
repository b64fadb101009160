// Package store keeps the session with WhatsApp and what the bridge must remember beside it in one SQLite file.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.mau.fi/whatsmeow/store/sqlstore"
	waLog "go.mau.fi/whatsmeow/util/log"
	_ "modernc.org/sqlite" // the driver "sqlite", without C
)

// Store is the open database.
type Store struct {
	Sessions *sqlstore.Container
	Ledger   *Ledger
	database *sql.DB
}

// Open opens the store, or creates it for nobody but its owner.
func Open(ctx context.Context, path string, log waLog.Logger) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	if err := claim(absolute); err != nil {
		return nil, err
	}
	// One connection: the library expects that writes do not meet. FULL, so that after a power cut
	// the keys of the session are not older than what was sent with them.
	address := (&url.URL{Scheme: "file", Path: absolute}).String() +
		"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate"
	database, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", absolute, err)
	}
	database.SetMaxOpenConns(1)
	sessions := sqlstore.NewWithDB(database, "sqlite3", log)
	if err := sessions.Upgrade(ctx); err != nil {
		_ = database.Close()
		return nil, fmt.Errorf("store %s: cannot be brought to the current version: %w", absolute, err)
	}
	ledger, err := newLedger(ctx, database)
	if err != nil {
		_ = database.Close()
		return nil, fmt.Errorf("store %s: %w", absolute, err)
	}
	return &Store{sessions, ledger, database}, nil
}

// Close ends the use of the database.
func (s *Store) Close() error {
	return s.database.Close()
}

// claim makes sure that the file exists and that only its owner can read it: whoever has it is this WhatsApp account.
func claim(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: cannot open: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("store %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("store %s: is not a regular file; name a file with --store", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("store %s: others can read or write it (mode %04o); it holds the keys of the WhatsApp account: chmod 600 %s",
			path, mode, path)
	}
	return nil
}
