package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killStrays kills whatever decoy still lives in a decky's folder and is in no record: a server that crashes between starting a process and recording it leaves
// one. Only Linux tells where processes live; elsewhere none is found.
func (e *Engine) killStrays(dir string) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return
	}
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil || at != dir {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			continue
		}
		// Somebody's shell may be there too: only a decoy of ours is meant.
		if exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe")); err != nil || strings.TrimSuffix(filepath.Base(exe), " (deleted)") != filepath.Base(e.binary) {
			continue
		}
		e.log.Warn("ending a decoy that no record knows", "pid", pid, "folder", dir)
		_ = syscall.Kill(pid, syscall.SIGKILL)
		// Its ports are free once it is gone.
		for late := time.Now().Add(politely); born(pid) != "" && time.Now().Before(late); {
			time.Sleep(poll / 10)
		}
	}
}
