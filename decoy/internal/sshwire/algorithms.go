package sshwire

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"hash"
	"io"
	"math/big"

	"golang.org/x/crypto/blowfish"
	"golang.org/x/crypto/cast5"
)

var cryptoRand = rand.Reader

// What products offer and upstream lacks.
func init() {
	group18, _ := new(big.Int).SetString(oakleyGroup18, 16)
	kexAlgoMap["diffie-hellman-group18-sha512"] = &dhGroup{g: big.NewInt(2), p: group18, pMinus1: new(big.Int).Sub(group18, bigOne), hashFunc: crypto.SHA512}
	kexAlgoMap["sntrup761x25519-sha512@openssh.com"] = &sntrup761x25519{}
	kexAlgoMap["sntrup761x25519-sha512"] = &sntrup761x25519{}

	cipherModes["aes192-cbc"] = &cipherMode{24, aes.BlockSize, newAESCBCCipher}
	cipherModes["aes256-cbc"] = &cipherMode{32, aes.BlockSize, newAESCBCCipher}
	cipherModes["3des-ctr"] = &cipherMode{24, des.BlockSize, streamCipherMode(0, func(key, iv []byte) (cipher.Stream, error) {
		c, err := des.NewTripleDESCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewCTR(c, iv), nil
	})}
	cipherModes["blowfish-cbc"] = cbcMode(func(key []byte) (cipher.Block, error) { return blowfish.NewCipher(key) })
	cipherModes["cast128-cbc"] = cbcMode(func(key []byte) (cipher.Block, error) { return cast5.NewCipher(key) })

	macModes["hmac-sha1-etm@openssh.com"] = &macMode{20, true, func(key []byte) hash.Hash { return hmac.New(sha1.New, key) }}
	for name, size := range map[string]int{"umac-64": 8, "umac-128": 16} {
		create := func(key []byte) hash.Hash { return newUMAC(key, size) }
		macModes[name+"@openssh.com"] = &macMode{16, false, create}
		macModes[name+"-etm@openssh.com"] = &macMode{16, true, create}
	}
}

// cbcMode is a cipher with blocks of eight bytes and a key of sixteen.
func cbcMode(create func(key []byte) (cipher.Block, error)) *cipherMode {
	return &cipherMode{16, 8, func(key, iv, macKey []byte, algs DirectionAlgorithms) (packetCipher, error) {
		c, err := create(key)
		if err != nil {
			return nil, err
		}
		return newCBCCipher(c, key, iv, macKey, algs)
	}}
}

// maxExponent is twice the most that a product takes from an exchange, 64 bytes for one key: what is longer costs time and adds nothing.
const maxExponent = 1024

// exponent draws a private exponent for the group of the order.
func exponent(random io.Reader, order *big.Int) (*big.Int, error) {
	most := new(big.Int).Lsh(bigOne, maxExponent)
	if order.Cmp(most) < 0 {
		most = order
	}
	for {
		x, err := rand.Int(random, most)
		if err != nil || x.Cmp(bigOne) > 0 {
			return x, err
		}
	}
}

// oakleyGroup18 is that of RFC 3526, section 7.
const oakleyGroup18 = "" +
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A92108011A723C12A787E6D7" +
	"88719A10BDBA5B2699C327186AF4E23C1A946834B6150BDA2583E9CA2AD44CE8DBBBC2DB04DE8EF92E8EFC141FBECAA6287C59474E6BC05D99B2964FA090C3A2" +
	"233BA186515BE7ED1F612970CEE2D7AFB81BDD762170481CD0069127D5B05AA993B4EA988D8FDDC186FFB7DC90A6C08F4DF435C93402849236C3FAB4D27C7026" +
	"C1D4DCB2602646DEC9751E763DBA37BDF8FF9406AD9E530EE5DB382F413001AEB06A53ED9027D831179727B0865A8918DA3EDBEBCF9B14ED44CE6CBACED4BB1B" +
	"DB7F1447E6CC254B332051512BD7AF426FB8F401378CD2BF5983CA01C64B92ECF032EA15D1721D03F482D7CE6E74FEF6D55E702F46980C82B5A84031900B1C9E" +
	"59E7C97FBEC7E8F323A97A7E36CC88BE0F1D45B7FF585AC54BD407B22B4154AACC8F6D7EBF48E1D814CC5ED20F8037E0A79715EEF29BE32806A1D58BB7C5DA76" +
	"F550AA3D8A1FBFF0EB19CCB1A313D55CDA56C9EC2EF29632387FE8D76E3C0468043E8F663F4860EE12BF2D5B0B7474D6E694F91E6DBE115974A3926F12FEE5E4" +
	"38777CB6A932DF8CD8BEC4D073B931BA3BC832B68D9DD300741FA7BF8AFC47ED2576F6936BA424663AAB639C5AE4F5683423B4742BF1C978238F16CBE39D652D" +
	"E3FDB8BEFC848AD922222E04A4037C0713EB57A81A23F0C73473FC646CEA306B4BCBC8862F8385DDFA9D4B7FA2C087E879683303ED5BDD3A062B3CF5B3A278A6" +
	"6D2A13F83F44F82DDF310EE074AB6A364597E899A0255DC164F31CC50846851DF9AB48195DED7EA1B1D510BD7EE74D73FAF36BC31ECFA268359046F4EB879F92" +
	"4009438B481C6CD7889A002ED5EE382BC9190DA6FC026E479558E4475677E9AA9E3050E2765694DFC81F56E880B96E7160C980DD98EDD3DFFFFFFFFFFFFFFFFF"
