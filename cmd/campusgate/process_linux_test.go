package main_test

import "syscall"

// endsWithUs has the system kill a process when the test dies before its clean-up.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
