// Command pack puts a folder into a zip archive that is the same for the same files, whoever makes it and when:
//
//	pack FOLDER ARCHIVE
//
// An archive that holds these files already is left alone, so that another version of the compressor makes no difference.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"os"
	"slices"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: pack FOLDER ARCHIVE")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("pack: ", err)
	}
}

func run(folder, archive string) error {
	files, err := read(os.DirFS(folder))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New(folder + " is empty")
	}
	if old, err := zip.OpenReader(archive); err == nil {
		have, err := read(old)
		_ = old.Close()
		if err == nil && maps.EqualFunc(files, have, bytes.Equal) {
			return nil
		}
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name) // with no time
		if err != nil {
			return err
		}
		if _, err := f.Write(files[name]); err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(archive, out.Bytes(), 0o644)
}

func read(from fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(from, name)
		return err
	})
	return files, err
}
