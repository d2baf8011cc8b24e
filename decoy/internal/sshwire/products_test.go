package sshwire

import (
	"crypto/md5"
	"encoding/hex"
	"testing"
)

// hassh are the server's HASSH of each build.
var hassh = map[string]string{
	"OpenSSH_9.2p1 Debian-2+deb12u2":   "a65c3b91f743d3f246e72172e77288f1",
	"OpenSSH_9.2p1 Debian-2+deb12u3":   "a65c3b91f743d3f246e72172e77288f1",
	"OpenSSH_9.2p1 Debian-2+deb12u5":   "425d29fe50d8e4f5e37efb6e24bcf660", // measured of Debian 12's own, u10
	"OpenSSH_8.9p1 Ubuntu-3ubuntu0.10": "41ff3ecd1458b0bf86e1b4891636213e",
	"OpenSSH_8.2p1 Ubuntu-4ubuntu0.9":  "3ccd1778a76049721c71ad7d2bf62bbc",
	"OpenSSH_8.2p1 Ubuntu-4ubuntu0.11": "779664e66160bf75999f091fce5edb5a",
	"OpenSSH_8.7":                      "02d7dd8ce96185733225e6f56d67fb77",
	"OpenSSH_7.4":                      "6832f1ce43d4397c2c0a3e2f8c94334e",
	"OpenSSH_9.3":                      "02d7dd8ce96185733225e6f56d67fb77",
	"OpenSSH_9.6p1 Debian-4":           "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_9.7p1 Debian-5":           "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_9.7":                      "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_9.8":                      "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_9.6":                      "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_for_Windows_7.7":          "a55acabfe7a035318175df280b7fdc4d",
	"OpenSSH_for_Windows_8.1":          "b12d2871a1189eff20364cf5333619ee",
	"OpenSSH_for_Windows_9.5":          "08cd87879e30aaae980b9b874ee66a10",
	"OpenSSH_9.6 FreeBSD-20240701":     "e42184b06d45385a906f0803d04c83da",
	"OpenSSH_9.5 FreeBSD-20231004":     "a65c3b91f743d3f246e72172e77288f1",
	"dropbear_2018.76":                 "14641d96ff043d7a12f177d88378bb0f",
	"dropbear_2019.78":                 "14641d96ff043d7a12f177d88378bb0f",
	"dropbear_2020.81":                 "b3e000e136653778d29d15444069098a",
	"Cisco-1.25":                       "fa257d9e2ffa5c4543fe7af7f30f024e",
}

func TestHASSH(t *testing.T) {
	for _, banner := range banners {
		sum := md5.Sum([]byte(ProductOf(banner).HASSH()))
		if got := hex.EncodeToString(sum[:]); got != hassh[banner] {
			t.Errorf("%q: %q, // %s", banner, got, ProductOf(banner).HASSH())
		}
	}
}
