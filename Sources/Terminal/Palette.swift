public import Canvas

/// The colours a terminal has, and which of them is nearest to one we want.
public struct Palette: Sendable {
    /// How many there are: 0, 8, 16, 88, 256 or 16,777,216.
    public let colors: Int
    private let entries: [(index: Int32, place: OkLab)]

    /// The palette of a terminal with so many colours, taken to be xterm's.
    ///
    /// With 256 colours the first 16 are left out: users change them, the others never.
    public init(colors: Int) {
        self.colors = colors
        var entries: [(index: Int32, place: OkLab)] = []
        func add(_ index: Int, _ r: Int, _ g: Int, _ b: Int) {
            entries.append(
                (Int32(index), OkLab(red: UInt8(r), green: UInt8(g), blue: UInt8(b))))
        }
        switch colors {
        case 256..<65_536:
            let steps = [0, 95, 135, 175, 215, 255]
            for index in 0..<216 {
                add(16 + index, steps[index / 36], steps[index / 6 % 6], steps[index % 6])
            }
            for index in 0..<24 { add(232 + index, 8 + index * 10, 8 + index * 10, 8 + index * 10) }
        case 8..<256:
            let basic = [
                (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205),
                (0, 205, 205), (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0),
                (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255),
            ]
            for index in 0..<min(colors, 16) {
                let (r, g, b) = basic[index]
                add(index, r, g, b)
            }
        default:
            break
        }
        self.entries = entries
    }

    /// The number of the nearest colour; −1 for the terminal's own and where there are none.
    public func index(of color: Color) -> Int32 {
        guard colors >= 8, case .rgb(let r, let g, let b) = color else { return -1 }
        guard colors < 65_536 else {
            let value = Int32(r) << 16 | Int32(g) << 8 | Int32(b)
            // Entries such as xterm-direct keep the numbers below 8 for the old palette.
            return value < 8 ? 0x010101 : value
        }
        let place = OkLab(red: r, green: g, blue: b)
        var best: Int32 = -1
        var distance = Double.infinity
        for entry in entries {
            var d = entry.place.squaredDistance(to: place)
            if colors < 256 {
                // Few colours are all loud ones: a grey should become white rather than cyan.
                let (da, db) = (entry.place.a - place.a, entry.place.b - place.b)
                d += 3 * (da * da + db * db)
            }
            if d < distance {
                distance = d
                best = entry.index
            }
        }
        return best
    }
}
