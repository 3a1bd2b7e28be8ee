//go:build !unix

package influx

import "os"

// lockFolder keeps the file open: systems that refuse to open it twice guard it so.
func lockFolder(file string) (unlock func() error, err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
