package configs

import (
	"errors"
	"io"
	"os"
	"time"
)

// maxFile is the largest inventory file that is read; a link takes about 150 bytes.
const maxFile = 10 << 20

// errTooLarge is returned by Environment.ReadFile for files above maxFile.
var errTooLarge = errors.New("larger than 10 MiB")

// Environment is the world outside of the inventory: where secrets come from.
type Environment struct {
	LookupEnv func(name string) (string, bool)
	// ReadFile returns a file's content and mode. A mode of 0 means that it is not known.
	ReadFile func(path string) ([]byte, os.FileMode, error)
	// CredentialsDir is the folder of ${credential:NAME}; systemd names it in
	// $CREDENTIALS_DIRECTORY. Empty when there is none.
	CredentialsDir string
	// Now tells what is over; nil is time.Now.
	Now func() time.Time
}

func (e *Environment) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// OS returns the environment of this process.
func OS() Environment {
	return Environment{
		LookupEnv:      os.LookupEnv,
		ReadFile:       readFile,
		CredentialsDir: os.Getenv("CREDENTIALS_DIRECTORY"),
	}
}

// readFile reads at most maxFile bytes, so that a path to a device or a huge file does no harm.
func readFile(path string) ([]byte, os.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errTooLarge
	}
	return text, info.Mode().Perm(), err
}
