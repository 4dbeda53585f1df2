import ContentHash
import Testing

@Suite("SHA-256")
struct DigestTests {
  @Test("known answers of FIPS 180-4")
  func knownAnswers() {
    #expect(Digest(of: "").hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(Digest(of: "abc").hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("pieces hash as the whole")
  func pieces() {
    var hasher = SHA256()
    hasher.update([97])
    hasher.update([98, 99])
    #expect(hasher.finish() == Digest(of: "abc"))
  }
}
