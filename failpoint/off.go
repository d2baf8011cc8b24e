//go:build !failpoints

package failpoint

// Point is a place where a test may end the process.
type Point struct{}

// New names a place.
func New(string) Point { return Point{} }

// Hit does nothing.
func (Point) Hit() {}
