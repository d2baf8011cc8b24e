package postgres

// maxReserved bounds the bytes of rows that all sessions together hold while they have no turn: results that clients are slow to take, cursors and portals that have more to give, and what sleeps
// in the middle of a query. What is smaller than reservedAnyway each may have in any case.
const (
	maxReserved    = 8 << 20
	reservedAnyway = 64 << 10
)

// inTurn does what costs time and memory while there is a turn for it.
func (c *conn) inTurn(do func()) { c.turn.Do(c.server.turns, do) }

// aside waits for something, and lets others have the turn meanwhile.
func (c *conn) aside(wait func()) { c.turn.Aside(c.server.turns, wait) }

// flush sends what there is to be sent. A client may be slow to take it.
func (c *conn) flush() (err error) {
	c.aside(func() { err = c.out.Flush() })
	return err
}

// reserve counts bytes that the session holds without a turn; it tells whether there is room.
func (c *conn) reserve(n int) bool {
	more := beyond(c.reserved+n) - beyond(c.reserved)
	if total := c.server.reserved.Add(more); more > 0 && total > maxReserved {
		c.server.reserved.Add(-more)
		return false
	}
	c.reserved += n
	return true
}

func (c *conn) release(n int) {
	c.server.reserved.Add(beyond(c.reserved-n) - beyond(c.reserved))
	c.reserved -= n
}

func beyond(n int) int64 { return int64(max(0, n-reservedAnyway)) }

// settle gives back what has been sent. What cursors and portals have stays, until the session is over.
func (c *conn) settle(over bool) {
	kept := 0
	if !over {
		for _, r := range c.cursors {
			kept += r.size
		}
		for _, o := range c.portals {
			if o.result != nil {
				kept += o.result.size
			}
		}
	}
	c.release(c.reserved - kept)
}
