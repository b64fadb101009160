package rpc

import (
	"bufio"
	"errors"
	"io"
)

// maxLine bounds what one line may take of the memory; a text of 10 MB fits even when all of it is escaped.
const maxLine = 64 << 20

var errLineTooLong = errors.New("line too long")

type lineReader struct {
	in *bufio.Reader
}

func newLineReader(in io.Reader) *lineReader {
	return &lineReader{bufio.NewReaderSize(in, 64<<10)}
}

// next is the next line without its end. After errLineTooLong, reading goes on with the line after it.
func (r *lineReader) next() ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) > 0 && !tooLong:
			return line, nil // the last line may lack its end
		case err != nil:
			return nil, err
		case tooLong:
			return nil, errLineTooLong
		default:
			return line, nil
		}
	}
}
