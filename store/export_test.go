package store

// SetClock is setClock, for tests.
var SetClock = (*Store).setClock
