// Package model shuffles what operators, crashes, faults and clocks may do to a fleet, thousands of times over, and checks after each step that the rules of the
// design hold and at the end that all is as a very small model of the fleet says.
//
// A program is drawn first, then played in a bubble of synthetic time (testing/synctest) on the real database, fleet, runner, reconciler, schedule and feed,
// over the sim engine. Waiting costs nothing there, so that leases run out and backoffs pass in thousands of sequences. A program that fails is
// shrunk, and printed with the seed that plays it again.
package model
