//go:build !linux

package main_test

import "syscall"

func endsWithUs() *syscall.SysProcAttr { return nil }
