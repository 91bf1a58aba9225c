package spool

import (
	"bytes"
	"errors"
	"io"
)

// searchWindow is how much is read at once when looking for the next whole record.
const searchWindow = 64 << 10

// seek returns the first whole record header at or behind off whose record ends before size, and
// where it is. It returns io.EOF when there is none.
func seek(f io.ReaderAt, off, size int64) (h header, at int64, err error) {
	var buf [recordHeaderBytes]byte
	h, ok, err := readHeader(f, buf[:], off, size)
	if err != nil || ok {
		return h, off, err
	}
	return search(f, off+1, size)
}

func readHeader(f io.ReaderAt, buf []byte, off, size int64) (h header, ok bool, err error) {
	if off+recordHeaderBytes > size {
		return h, false, nil
	}
	if n, err := f.ReadAt(buf[:recordHeaderBytes], off); n < recordHeaderBytes && !errors.Is(err, io.EOF) {
		return h, false, err
	}
	h, ok = decodeHeader(buf)
	return h, ok && off+h.bytes() <= size, nil
}

// search looks for a header byte by byte: a damaged one hides where the next begins.
func search(f io.ReaderAt, off, size int64) (header, int64, error) {
	buf := make([]byte, searchWindow)
	for off+recordHeaderBytes <= size {
		n, err := f.ReadAt(buf[:min(searchWindow, size-off)], off)
		if n < recordHeaderBytes {
			return header{}, 0, endOr(err)
		}
		for at := 0; at+recordHeaderBytes <= n; at++ {
			i := bytes.Index(buf[at:n], []byte(recordMagic))
			if i < 0 {
				break
			}
			at += i
			if h, ok := decodeHeader(buf[at:n]); ok && off+int64(at)+h.bytes() <= size {
				return h, off + int64(at), nil
			}
		}
		off += int64(n - recordHeaderBytes + 1)
	}
	return header{}, 0, io.EOF
}

func endOr(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// readLines appends the lines of the record at an offset. It returns errDamaged when they are not
// what was written.
func readLines(f io.ReaderAt, h *header, at int64, lines, scratch []byte) (out, payload []byte, err error) {
	if cap(scratch) < h.stored {
		scratch = make([]byte, h.stored)
	}
	payload = scratch[:h.stored]
	if n, err := f.ReadAt(payload, at+recordHeaderBytes); n < len(payload) {
		if errors.Is(err, io.EOF) {
			err = errDamaged
		}
		return lines, payload, err
	}
	out, err = h.appendLines(lines, payload)
	return out, payload, err
}

// walk calls visit with each record of a file and its offset, and hurt with each offset where
// something is not whole and a whole record follows. It returns the end of the last whole record.
func walk(f io.ReaderAt, size int64, visit func(h *header, at int64), hurt func(at int64)) (end int64, err error) {
	end = segmentHeaderBytes
	for end < size {
		h, at, err := seek(f, end, size)
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		if at > end {
			hurt(end)
		}
		visit(&h, at)
		end = at + h.bytes()
	}
	return end, nil
}
