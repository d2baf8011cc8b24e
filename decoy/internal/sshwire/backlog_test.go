package sshwire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// open opens a channel and begins a command in it.
func (c *rawClient) open(id uint32) (confirmed channelOpenConfirmMsg) {
	c.t.Helper()
	c.write(Marshal(&channelOpenMsg{ChanType: "session", PeersID: id, PeersWindow: 1 << 20, MaxPacketSize: 32 << 10}))
	if err := Unmarshal(c.expect(msgChannelOpenConfirm), &confirmed); err != nil {
		c.t.Fatal(err)
	}
	return confirmed
}

// TestWhatNobodyReadsIsBounded fills the windows of channels in which nothing reads, by packets as small as they can be, too: they take most.
func TestWhatNobodyReadsIsBounded(t *testing.T) {
	for _, size := range []int{1, 32 << 10} {
		backlog := NewBacklog(1 << 20)
		u := &unread{of: backlog}
		b := newBuffer(u)
		sent := 0
		for ; sent < 4<<20; sent += size + packetCost {
			if more := u.held + int64(size+packetCost) - ownBacklog - u.borrowed; more > 0 && !backlog.room.TryAcquire(more) {
				break // it would wait
			} else if more > 0 {
				backlog.room.Release(more)
			}
			if err := b.write(make([]byte, size)); err != nil {
				t.Fatal(err)
			}
		}
		if least, most := 1<<20, 1<<20+ownBacklog; sent < least-2*size || sent > most {
			t.Errorf("packets of %d: %d bytes wait", size, sent)
		}
		if backlog.room.TryAcquire(64 << 10) {
			t.Fatal("there is still room")
		}
		// What is read makes room again.
		if _, err := io.ReadFull(b, make([]byte, 2*ownBacklog/(size+packetCost)*size)); err != nil {
			t.Fatal(err)
		}
		if !backlog.room.TryAcquire(64 << 10) {
			t.Error("what is read takes room")
		}
		backlog.room.Release(64 << 10)
		// And so does what is given up, of which nothing more is kept.
		b.discard()
		if err := b.write(make([]byte, size)); err != nil || u.held != 0 || u.borrowed != 0 || !backlog.room.TryAcquire(1<<20) {
			t.Errorf("%v, %d bytes are held, %d borrowed", err, u.held, u.borrowed)
		}
		if n, err := b.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("%d, %v", n, err)
		}
	}
}

// TestAChannelThatIsClosedReadsOnWhatHasCome is what a bot does that sends a file, its end, and hangs up: none of it is lost.
func TestAChannelThatIsClosedReadsOnWhatHasCome(t *testing.T) {
	config := configOf("OpenSSH_9.2p1 Debian-2+deb12u2")
	config.Backlog = NewBacklog(1 << 20)
	got := make(chan []byte, 1)
	ours := dialTo(t, func(theirs net.Conn) {
		defer theirs.Close()
		server, channels, _, err := NewServerConn(theirs, config)
		if err != nil {
			return
		}
		defer server.Close()
		channel, requests, err := (<-channels).Accept()
		if err != nil {
			return
		}
		for range requests { // until the client has closed it
		}
		all, _ := io.ReadAll(channel)
		got <- all
	})
	c := dialRawTo(t, ours, "aes128-ctr", "hmac-sha2-256", "none")
	c.login()
	to := c.open(7).MyID
	want := bytes.Repeat([]byte("content "), 4096)
	c.write(Marshal(&channelDataMsg{PeersID: to, Length: uint32(len(want)), Rest: slices.Clone(want)}))
	c.write(Marshal(&channelEOFMsg{PeersID: to}))
	c.write(Marshal(&channelCloseMsg{PeersID: to}))
	select {
	case all := <-got:
		if !bytes.Equal(all, want) {
			t.Errorf("%d bytes of %d are read", len(all), len(want))
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing is read")
	}
}

// TestKeysAreExchangedAgainAfterTheLogin is sshd's: before it, a second KEXINIT is a packet that it does not know, and costs it nothing.
func TestKeysAreExchangedAgainAfterTheLogin(t *testing.T) {
	c := dialRaw(t, configOf("OpenSSH_9.2p1 Debian-2+deb12u2"), "aes128-ctr", "hmac-sha2-256", "none", kexStrictClient)
	again := Marshal(c.server)
	for range 3 {
		c.write(slices.Clone(again))
		number := c.writer.seqNum - 1
		if p := c.expect(msgUnimplemented); !bytes.Equal(p, []byte{msgUnimplemented, 0, 0, 0, byte(number)}) {
			t.Errorf("the answer to packet %d is %x", number, p)
		}
	}
	c.login()
	c.write(slices.Clone(again))
	c.expect(msgKexInit)
}

// TestWhoIsHungUpOnLeavesNothingBehind sends more than anybody reads behind what ends the connection, before and after the login. What would be left is found when all tests are over.
func TestWhoIsHungUpOnLeavesNothingBehind(t *testing.T) {
	for _, loggedIn := range []bool{false, true} {
		c := dialRaw(t, configOf("OpenSSH_9.2p1 Debian-2+deb12u2"), "aes128-ctr", "hmac-sha2-256", "none")
		last := Marshal(&serviceRequestMsg{"foo"})
		if loggedIn {
			c.login()
			last = Marshal(&channelEOFMsg{PeersID: 99})
		}
		c.write(last)
		for range 10 * chanSize {
			if c.writePacket(Marshal(&globalRequestMsg{Type: "keepalive@openssh.com"})) != nil {
				break // it has hung up already
			}
		}
		for {
			if _, err := c.readPacket(); err != nil {
				break
			}
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStrangersTakeLittleMemory sends long packets while the server thinks about a password, from as many connections as one address may have: of each no more than one is kept.
func TestStrangersTakeLittleMemory(t *testing.T) {
	config := configOf("OpenSSH_9.2p1 Debian-2+deb12u2")
	thinks, told := make(chan struct{}), make(chan struct{}, 100)
	config.PasswordCallback = func(ConnMetadata, []byte) (*Permissions, error) {
		told <- struct{}{}
		<-thinks
		return nil, errors.New("no")
	}
	const connections = 20
	var all []*rawClient
	for range connections {
		c := dialRaw(t, config, "aes128-ctr", "hmac-sha2-256", "none")
		c.write(Marshal(&serviceRequestMsg{serviceUserAuth}))
		c.expect(msgServiceAccept)
		all = append(all, c)
	}
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	for _, c := range all {
		c.try("x")
		<-told
		for range 20 {
			packet := append([]byte{msgUserAuthRequest}, make([]byte, 200<<10)...)
			if c.writePacket(packet) != nil {
				break // what it doesn't read doesn't fit into the sockets
			}
		}
	}
	if grown := heap() - before; grown > connections*(maxPacket+maxPacket/2)+8<<20 {
		t.Errorf("%d connections without a login take %d bytes", connections, grown)
	}
	close(thinks)
}
