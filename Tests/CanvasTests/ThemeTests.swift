// Themes: reading them, and whether they can be read on the screen.

import Canvas
import Foundation
import Testing

private let themesFolder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "themes")

private func load(_ url: URL) throws -> ThemeReader.Reading {
    try ThemeReader.read(
        String(contentsOf: url, encoding: .utf8), file: url.lastPathComponent,
        name: url.deletingPathExtension().lastPathComponent)
}

/// Those that we ship.
private func themeFiles() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: themesFolder, includingPropertiesForKeys: nil).filter { $0.pathExtension == "yaml" }
}

struct ThemeTests {
    @Test func `every theme we ship loads without warnings and can be read`() throws {
        let files = try themeFiles()
        #expect(files.count >= 3)
        for url in files {
            let reading = try load(url)
            #expect(reading.warnings == [])
            let faint = reading.theme.faintRoles(below: 4.5).map {
                "\(reading.theme.name) \($0.role) \($0.contrast)"
            }
            #expect(faint == [])
        }
    }

    @Test func `what is under the cursor can be read in every theme we ship, with states apart`() throws {
        for file in try themeFiles() {
            let theme = try load(file).theme
            for role in Role.allCases where !Role.graphic.contains(role) {
                let contrast = try #require(Theme.contrast(theme.underCursor(theme[role], plain: theme[.text])))
                #expect(contrast >= 4.5, "\(file.lastPathComponent) \(role) \(contrast)")
            }
        }
        // Without colours it is reverse video.
        #expect(Theme.monochrome.underCursor(Theme.monochrome[.rowError], plain: Theme.monochrome[.text]).attributes.contains(.reverse))
    }

    @Test func `the theme without a skin can be read and is the same as its file`() throws {
        #expect(Theme.standard.faintRoles(below: 4.5).isEmpty)
        let file = try load(themesFolder.appending(path: "harbor-dark.yaml")).theme
        for role in Role.allCases { #expect(file[role] == Theme.standard[role], "\(role)") }
    }

    @Test func `states stay apart for eyes without red or green`() throws {
        let theme = try load(themesFolder.appending(path: "colourblind.yaml")).theme
        let pairs = [(Role.good, Role.rowPending), (.good, .rowError), (.rowPending, .rowError)]
        for matrix in [deuteranopia, protanopia] {
            for (one, two) in pairs {
                let a = try #require(seen(theme[one].foreground, matrix))
                let b = try #require(seen(theme[two].foreground, matrix))
                #expect(a.squaredDistance(to: b) > 0.1 * 0.1, "\(one) and \(two)")
            }
        }
    }

    @Test func `without colours no role has one`() {
        for role in Role.allCases {
            #expect(Theme.monochrome[role].foreground == .terminalDefault)
            #expect(Theme.monochrome[role].background == .terminalDefault)
        }
        #expect(Theme.monochrome[.cursor].attributes.contains(.reverse))
    }

    @Test func `contrast follows WCAG and needs both colours`() {
        var theme = Theme(name: "t", styles: [:])
        theme[.text] = Style(foreground: .rgb(255, 255, 255), background: .rgb(0, 0, 0))
        #expect(theme.contrast(of: .text).map { ($0 * 10).rounded() } == 210)
        theme[.text] = Style(foreground: .rgb(255, 255, 255))
        #expect(theme.contrast(of: .text) == nil)
    }
}

struct ThemeReaderTests {
    @Test func `anchors, names, short hex and default are colours`() throws {
        let reading = try ThemeReader.read(
            """
            ink: &ink "#0f8"
            k9s:
              body: {fgColor: *ink, bgColor: default}
              frame:
                border: {fgColor: LightSlateGrey, focusColor: papayawhip}
            evenkeel:
              limit: {fgColor: red, style: bold underline}
            """, file: "a.yaml", name: "a")
        #expect(reading.warnings == [])
        let theme = reading.theme
        #expect(theme[.text].foreground == Color(hex: 0x00FF88))
        #expect(theme[.text].background == .terminalDefault)
        #expect(theme[.border].foreground == Color(hex: 0x778899))
        #expect(theme[.borderFocus].foreground == Color(hex: 0xFFEFD5))
        #expect(theme[.limit].attributes == [.bold, .underline])
        // What the skin does not say comes from our theme, on the skin's ground.
        #expect(theme[.rowError].foreground == Theme.standard[.rowError].foreground)
        #expect(theme[.rowError].background == .terminalDefault)
    }

    @Test func `an old key is a warning with its line`() throws {
        let reading = try ThemeReader.read(
            """
            k9s:
              views:
                table:
                  cursorColor: aqua
              splash: {color: red}
            evenkeel:
              borders: red
            """, file: "old.yaml", name: "old")
        #expect(
            reading.warnings == [
                "old.yaml:4: unknown key `views.table.cursorColor` is ignored",
                "old.yaml:7: unknown role `borders` is ignored",
            ])
    }

    @Test(arguments: [
        (
            "k9s:\n  body:\n    fgColor: blurple\n",
            "x.yaml:3: `blurple` is not a colour; use \"#rrggbb\", a W3C name, or default"
        ),
        (
            "k9s:\n  body: {fgColor: \"#12345\"}\n",
            "x.yaml:2: `#12345` is not a colour; use \"#rrggbb\", a W3C name, or default"
        ),
        ("just text", "x.yaml:1: a skin has a block `k9s:`"),
        ("colors: {a: b}", "x.yaml:1: a skin has a block `k9s:`"),
    ])
    func `mistakes name the file and the line`(yaml: String, message: String) {
        let error = #expect(throws: ThemeError.self) {
            try ThemeReader.read(yaml, file: "x.yaml", name: "x")
        }
        #expect(error?.description == message)
    }

    @Test func `broken YAML names its line`() {
        let error = #expect(throws: ThemeError.self) {
            try ThemeReader.read("k9s:\n  body: [\n", file: "x.yaml", name: "x")
        }
        #expect(error?.file == "x.yaml")
        #expect((error?.line ?? 0) > 0)
    }
}

// Viénot, Brettel and Mollon 1999: what is left of linear red, green and blue.
private let deuteranopia = [
    [0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0],
]
private let protanopia = [
    [0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0],
]

private func seen(_ color: Color, _ matrix: [[Double]]) -> OkLab? {
    guard case .rgb(let r, let g, let b) = color else { return nil }
    func linear(_ channel: UInt8) -> Double {
        let value = Double(channel) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let light = [linear(r), linear(g), linear(b)]
    let result = matrix.map { row -> UInt8 in
        let value = min(1, max(0, zip(row, light).map { $0 * $1 }.reduce(0, +)))
        let encoded = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
        return UInt8((encoded * 255).rounded())
    }
    return OkLab(red: result[0], green: result[1], blue: result[2])
}
