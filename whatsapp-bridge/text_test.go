package main

import (
	"fmt"
	"strconv"
)

func itoa(number int) string { return strconv.Itoa(number) }

// hex2 is a number as two upper-case hex digits.
func hex2(number int) string { return fmt.Sprintf("%02X", number) }
