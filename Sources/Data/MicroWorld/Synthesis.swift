// Sound from nothing: harmonic and noisy events, notes, formant speech; Double arithmetic and our own sine, so the
// samples are the same on every machine.
internal import AudioFeatures
internal import TensorCore

/// How one event of a source sounds.
struct SoundTimbre {
  var pitch: Double  // Hz at the start
  var glide: Double  // pitch at the end over pitch at the start
  var harmonics: [Double]
  var noise: Double  // share of noise, 0 to 1
  var noisePitch: Double  // Hz, centre of the noise band
  var length: Double  // seconds
  var attack: Double  // seconds
  var tremolo: Double  // Hz

  /// In the order of `Knowledge.sources`.
  static let all: [SoundTimbre] = [
    .init(
      pitch: 480, glide: 0.55, harmonics: [1, 0.7, 0.5, 0.3],
      noise: 0.3, noisePitch: 1500, length: 0.18, attack: 0.01, tremolo: 0),
    .init(
      pitch: 150, glide: 1.25, harmonics: [1, 0.9, 0.6, 0.5, 0.3],
      noise: 0.1, noisePitch: 600, length: 0.42, attack: 0.08, tremolo: 0),
    .init(
      pitch: 2600, glide: 1.5, harmonics: [1, 0.1],
      noise: 0, noisePitch: 4000, length: 0.16, attack: 0.02, tremolo: 28),
    .init(
      pitch: 620, glide: 1.05, harmonics: [1, 0.3, 0.5],
      noise: 0.2, noisePitch: 900, length: 0.3, attack: 0.02, tremolo: 45),
    .init(
      pitch: 100, glide: 1, harmonics: [],
      noise: 1, noisePitch: 5200, length: 0.4, attack: 0.08, tremolo: 0),
    .init(
      pitch: 60, glide: 0.8, harmonics: [0.3],
      noise: 1, noisePitch: 130, length: 0.45, attack: 0.02, tremolo: 0),
    .init(
      pitch: 880, glide: 1, harmonics: [1, 0, 0.6, 0, 0.4, 0.3],
      noise: 0, noisePitch: 3000, length: 0.45, attack: 0.002, tremolo: 0),
    .init(
      pitch: 3200, glide: 1, harmonics: [0.6],
      noise: 0.7, noisePitch: 3600, length: 0.05, attack: 0.001, tremolo: 0),
    .init(
      pitch: 700, glide: 1.9, harmonics: [1, 0.4, 0.2],
      noise: 0, noisePitch: 2000, length: 0.42, attack: 0.03, tremolo: 0),
    .init(
      pitch: 330, glide: 1, harmonics: [1, 1, 0.8, 0.7, 0.6, 0.5],
      noise: 0, noisePitch: 2000, length: 0.36, attack: 0.01, tremolo: 0),
    .init(
      pitch: 75, glide: 1.1, harmonics: [1, 0.8, 0.9, 0.5, 0.4],
      noise: 0.3, noisePitch: 350, length: 0.44, attack: 0.05, tremolo: 22),
    .init(
      pitch: 240, glide: 0.9, harmonics: [0.5, 0.2],
      noise: 0.8, noisePitch: 1100, length: 0.09, attack: 0.001, tremolo: 0),
  ]
}

struct InstrumentTimbre {
  var harmonics: [Double]
  var attack: Double  // seconds
  var decay: Double  // 1/seconds; 0 sustains
  var vibrato: Double  // share of the pitch
  var pitch: Double  // Hz of the lowest note

  /// In the order of `Knowledge.instruments`.
  static let all: [InstrumentTimbre] = [
    .init(harmonics: [1, 0.5, 0.3, 0.15, 0.1], attack: 0.004, decay: 5, vibrato: 0, pitch: 262),
    .init(harmonics: [1, 0.8, 0, 0.7, 0, 0, 0, 0.5], attack: 0.03, decay: 0, vibrato: 0, pitch: 196),
    .init(harmonics: [1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], attack: 0.07, decay: 0, vibrato: 0.012, pitch: 330),
    .init(harmonics: [1, 0.7, 0.5, 0.2, 0.25], attack: 0.002, decay: 11, vibrato: 0, pitch: 165),
    .init(harmonics: [1, 0.15, 0.05], attack: 0.06, decay: 0, vibrato: 0.006, pitch: 523),
    .init(harmonics: [1, 0.05, 0.75, 0.05, 0.5, 0.05, 0.3], attack: 0.04, decay: 0, vibrato: 0, pitch: 247),
    .init(harmonics: [0.6, 0.9, 1, 0.9, 0.7, 0.6, 0.4], attack: 0.02, decay: 0.5, vibrato: 0, pitch: 311),
    .init(harmonics: [1, 0.7, 0.35, 0.2], attack: 0.05, decay: 0.5, vibrato: 0, pitch: 73),
  ]
}

/// The samples of one clip at one rate.
struct Synthesis {
  static let seconds = 2.0

  let rate: Double
  private(set) var samples: [Double]
  private var numbers: RandomSequence

  init(_ clip: Clip, rate: Int) {
    self.rate = Double(rate)
    samples = [Double](repeating: 0, count: Int(Self.seconds * Double(rate)))
    numbers = RandomStream(seed: 0, purpose: "clip", question: clip.id).sequence
    for content in [clip.content] + clip.others {
      switch content.domain {
      case .sound: sound(content)
      case .music: music(content)
      case .speech: speech(content)
      }
    }
    let sound = ([clip.content] + clip.others).first { $0.domain == .sound }
    finish(background: sound?.manner ?? numbers.integer(in: 0..<2))
  }

  private mutating func jitter(_ value: Double, _ share: Double) -> Double {
    value * (1 + share * (2 * numbers.uniform() - 1))
  }

  private mutating func sound(_ content: ClipContent) {
    let timbre = SoundTimbre.all[content.source]
    let count = content.pattern + 1
    let pitch = jitter(timbre.pitch, 0.08)
    // Events of equal spacing within 1.9 s, the first somewhere early.
    let spacing = jitter(0.46, 0.03)
    var start = 0.03 + numbers.uniform() * (1.9 - spacing * Double(count))
    for _ in 0..<count {
      event(timbre, at: start, pitch: jitter(pitch, 0.02), length: min(jitter(timbre.length, 0.1), spacing * 0.85))
      start += spacing
    }
  }

  private mutating func event(_ timbre: SoundTimbre, at start: Double, pitch: Double, length: Double) {
    let rate = self.rate
    let first = Int(start * rate), count = Int(length * rate)
    for (index, amplitude) in timbre.harmonics.enumerated() where amplitude > 0 {
      let partial = pitch * Double(index + 1)
      guard partial * max(timbre.glide, 1) < rate * 0.45 else { continue }
      tone(first, count, from: partial, to: partial * timbre.glide, amplitude: amplitude * (1 - timbre.noise)) { t in
        timbre.tremolo == 0 ? 1 : 0.55 + 0.45 * Canonical.sin(2 * .pi * timbre.tremolo * t)
      } envelope: { Self.envelope(Double($0) / rate, length, timbre.attack) }
    }
    if timbre.noise > 0 {
      band(first, count, centre: timbre.noisePitch, amplitude: timbre.noise * 2.5) {
        Self.envelope(Double($0) / rate, length, timbre.attack)
      }
    }
  }

  /// Rises over `attack`, then falls to nothing at `length`.
  private static func envelope(_ t: Double, _ length: Double, _ attack: Double) -> Double {
    t < attack ? t / attack : max(0, 1 - (t - attack) / max(length - attack, 1e-6))
  }

  /// A gliding sine by rotation: one complex product a sample, renewed every 64.
  private mutating func tone(
    _ first: Int, _ count: Int, from: Double, to: Double, amplitude: Double, modulation: (Double) -> Double = { _ in 1 },
    envelope: (Int) -> Double
  ) {
    var phase = 2 * Double.pi * numbers.uniform()
    for block in stride(from: 0, to: count, by: 64) {
      let share = Double(block) / Double(max(count, 1))
      let step = 2 * Double.pi * (from + (to - from) * share) / rate
      let (c, s) = (Canonical.cos(step), Canonical.sin(step))
      var (x, y) = (Canonical.cos(phase), Canonical.sin(phase))
      let gain = amplitude * modulation(Double(block) / rate)
      let end = min(block + 64, count)
      for i in block..<end {
        if first + i >= 0, first + i < samples.count { samples[first + i] += gain * envelope(i) * y }
        (x, y) = (x * c - y * s, x * s + y * c)
      }
      phase += step * Double(end - block)
      if phase > 2 * .pi { phase -= 2 * .pi * (phase / (2 * .pi)).rounded(.down) }
    }
  }

  /// Noise through a resonance.
  private mutating func band(_ first: Int, _ count: Int, centre: Double, amplitude: Double, envelope: (Int) -> Double) {
    let radius = 0.93
    let turn = 2 * radius * Canonical.cos(2 * .pi * min(centre, rate * 0.45) / rate)
    var (a, b) = (0.0, 0.0)
    for i in 0..<count {
      let value = (numbers.uniform() - 0.5) * 0.4 + turn * a - radius * radius * b
      (a, b) = (value, a)
      if first + i >= 0, first + i < samples.count { samples[first + i] += amplitude * envelope(i) * value }
    }
  }

  private mutating func music(_ content: ClipContent) {
    let timbre = InstrumentTimbre.all[content.source]
    let rate = self.rate
    let notes = [2, 4, 8, 14][content.manner]
    let spacing = 1.9 / Double(notes)
    let base = jitter(timbre.pitch, 0.1)
    for note in 0..<notes {
      let share = Double(note) / Double(max(notes - 1, 1))
      let semitones: Double =
        switch content.pattern {
        case 0: 12 * share
        case 1: 12 * (1 - share)
        case 2: 5
        default: note % 2 == 0 ? 0 : 11
        }
      let pitch = base * Canonical.exp(semitones * 0.05776226504666211)
      let first = Int((0.03 + spacing * Double(note)) * rate), count = Int(spacing * 0.95 * rate)
      for (index, amplitude) in timbre.harmonics.enumerated() where amplitude > 0 {
        let partial = pitch * Double(index + 1)
        guard partial < rate * 0.45 else { continue }
        let length = Double(count) / rate
        let release = min(0.03, length / 3)
        tone(first, count, from: partial, to: partial * (1 + timbre.vibrato), amplitude: amplitude) { t in
          timbre.decay == 0 ? 1 : Canonical.exp(-timbre.decay * t)
        } envelope: { i in
          let t = Double(i) / rate
          return min(1, t / timbre.attack) * min(1, (length - t) / release)
        }
      }
    }
  }

  /// First three formants of five vowels, Hz.
  private static let vowels = [
    [730.0, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240],
  ]

  private mutating func speech(_ content: ClipContent) {
    let base = jitter([112.0, 208, 320, 160][content.source], 0.07)
    let scale = [1.0, 1.17, 1.35, 1.0][content.source]  // shorter throats ring higher
    let syllables = [2, 4, 7, 11][content.manner]
    let spacing = 1.85 / Double(syllables)
    for syllable in 0..<syllables {
      let vowel = Self.vowels[numbers.integer(in: 0..<5)]
      let first = Int((0.05 + spacing * Double(syllable)) * rate), count = Int(spacing * 0.78 * rate)
      let share = (Double(syllable) + 0.5) / Double(syllables)
      let bend: Double =
        switch content.pattern {
        case 0: 0.75 + 0.6 * share
        case 1: 1.35 - 0.6 * share
        case 2: 1
        default: 1 + 0.28 * Canonical.sin(2 * .pi * 1.5 * share)
        }
      voice(first, count, pitch: base * bend, formants: vowel.map { $0 * scale }, isRobot: content.source == 3)
    }
  }

  /// Harmonics of a pitch weighed by their nearness to the formants; a robot's are all alike and do not waver.
  private mutating func voice(_ first: Int, _ count: Int, pitch: Double, formants: [Double], isRobot: Bool) {
    let rate = self.rate
    let limit = min(3600, rate * 0.45)
    let length = Double(count) / rate
    var harmonic = 1
    while Double(harmonic) * pitch < limit, harmonic <= 24 {
      let partial = Double(harmonic) * pitch
      var weight = isRobot ? 0.25 : 0.02
      for (index, formant) in formants.enumerated() {
        let distance = (partial - formant) / (90 + 40 * Double(index))
        weight += (isRobot ? 0.2 : 1) / ((1 + distance * distance) * Double(index + 1))
      }
      tone(first, count, from: partial, to: partial * (isRobot ? 1 : 0.97), amplitude: weight) { t in
        isRobot ? (Int(t * 60) % 2 == 0 ? 1 : 0.35) : 1
      } envelope: { i in
        let t = Double(i) / rate
        return min(1, t / 0.02) * min(1, (length - t) / 0.03)
      }
      harmonic += 1
    }
  }

  /// Background noise at -2 to 14 dB below the sound, then a common loudness.
  private mutating func finish(background: Int) {
    let power = samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)
    var noise = [Double](repeating: 0, count: samples.count)
    var (slow, hum) = (0.0, 0.0)
    let humStep = 2 * Double.pi * 100 / rate
    // The hum of the next eight samples.
    var hums = Canonical.Eight()
    for i in noise.indices {
      if background == 2, i % 8 == 0 {
        for lane in 0..<8 {
          hum += humStep
          if hum > 2 * .pi { hum -= 2 * .pi }
          hums[lane] = hum
        }
        hums = Canonical.sin(hums) + 0.6 * Canonical.sin(2 * hums)
      }
      let white = numbers.uniform() * 2 - 1
      switch background {
      case 0: noise[i] = white
      case 1:
        slow += (white - slow) * min(1, 250 / rate * 6.283)
        noise[i] = slow
      case 2:
        noise[i] = hums[i % 8] + 0.2 * white
      default: noise[i] = abs(white) > 0.995 ? white * 12 : white * 0.15
      }
    }
    let noisePower = noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)
    let decibels = -2 + 16 * numbers.uniform()
    let gain = (power / max(noisePower, 1e-12)).squareRoot() * Canonical.exp(-decibels * 0.1151292546497023)
    for i in samples.indices { samples[i] += gain * noise[i] }
    let loudness = (samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)).squareRoot()
    let level = (0.05 + 0.1 * numbers.uniform()) / max(loudness, 1e-9)
    for i in samples.indices { samples[i] = min(max(samples[i] * level, -0.99), 0.99) }
  }
}

/// The file form of a clip, which follows from its name.
struct ClipForm {
  var rate: Int
  var channelCount: Int
  var format: SoundFormat

  init(_ clip: Clip) {
    var numbers = RandomStream(seed: 0, purpose: "clip form", question: clip.id).sequence
    rate = numbers.element(of: [16_000, 16_000, 16_000, 22_050, 32_000, 44_100, 48_000, 12_000])
    channelCount = numbers.uniform() < 0.25 ? 2 : 1
    format = numbers.element(of: SoundFormat.allCases)
  }

  var fileExtension: String { format.fileExtension }
}

extension Clip {
  /// Interleaved samples in the clip's own form.
  func render() -> (samples: [Float], form: ClipForm) {
    let form = ClipForm(self)
    let mono = Synthesis(self, rate: form.rate).samples
    guard form.channelCount == 2 else { return (mono.map { Float($0) }, form) }
    // The right channel is a little softer; the mean of both is what is heard.
    return (mono.flatMap { [Float($0), Float($0 * 0.8)] }, form)
  }
}
