import Canvas
import Dashboard
import Simulation
import SimulationKit
import Testing

/// Work that takes long can be stopped, and keys that leave get through everywhere.
@Suite struct PatienceTests {
    /// Counts how often it is asked, and loses patience after so many times.
    private final class Owner {
        var asked = 0
        var limit = Int.max
        var told: [WorkProgress] = []
        var patience: Patience {
            Patience(
                isOver: { [self] progress in
                    asked += 1
                    if asked % 50 == 1 { told.append(progress()) }
                    return asked > limit
                }, isFelt: { [self] in limit != .max })
        }
    }
    private let size = Size(width: 120, height: 36)
    private func make(_ owner: Owner) throws -> Dashboard {
        var dashboard = try #require(PictureTests.dashboards["block"])
        dashboard.usersPatience = owner.patience
        _ = dashboard.frame(size: size)
        return dashboard
    }

    @Test func `running far ahead tells how far it is and stops when asked`() throws {
        let owner = Owner()
        owner.limit = 300
        var dashboard = try make(owner)
        let start = dashboard.session.now
        try dashboard.press(":time 1000h<Enter>")
        #expect(owner.asked == 301)
        #expect(dashboard.session.now > start && dashboard.session.now < .start + .hours(1))
        #expect(dashboard.frame(size: size).picture().contains("Stopped at"))
        let progress = try #require(owner.told.last)
        #expect(progress.title == "Running to T+1000:00:00" && progress.detail.hasPrefix("T+00:"))
        #expect(try #require(progress.share) >= 0 && #require(progress.share) < 0.01)
    }

    @Test func `going far back can be stopped and changes nothing then`() throws {
        let owner = Owner()
        var dashboard = try make(owner)
        try dashboard.press(":time +10m<Enter>")
        let now = dashboard.session.now
        owner.limit = owner.asked + 5
        try dashboard.press(":time 5s<Enter>")
        #expect(dashboard.session.now == now)
        #expect(dashboard.frame(size: size).picture().contains("Stopped: still at"))
        owner.limit = .max
        try dashboard.press(":time 5s<Enter>")
        #expect(dashboard.session.now == .start + .seconds(5))
    }

    @Test func `a what-if that takes long comes bit by bit`() throws {
        let owner = Owner()
        owner.limit = 0
        var dashboard = try make(owner)
        for character in ":whatif web 300" { dashboard.handle(.key(.character(character))) }
        dashboard.handle(.key(.enter))
        #expect(dashboard.frame(size: size).picture().contains("still running"))
        for _ in 0..<2000 where dashboard.patience == .milliseconds(1) {
            var steps = 0
            dashboard.advance(by: .milliseconds(1)) {
                steps += 1
                return steps > 200
            }
        }
        #expect(dashboard.patience != .milliseconds(1))
        #expect(!dashboard.frame(size: size).picture().contains("still running"))
    }

    @Test(arguments: [":whatif web 100000", ":time +9000h", ":time 999999h", ":time +-5m"])
    func `what is absurd is refused at once`(line: String) throws {
        let owner = Owner()
        var dashboard = try make(owner)
        let now = dashboard.session.now
        try dashboard.press("\(line.replacing("<", with: "<lt>"))<Enter>")
        #expect(owner.asked == 0 && dashboard.session.now == now)
        let picture = dashboard.frame(size: size).picture()
        #expect(["What-if goes up to 10000 replicas", "At most a year (8760h) at once", "A time is a span"].contains(where: picture.contains))
    }

    @Test(arguments: [":po", "/web", "C", "V", "I"])
    func `F10 leaves from prompts, filters and dialogs`(keys: String) throws {
        var dashboard = try make(Owner())
        try dashboard.press(":po<Enter>" + keys)
        dashboard.handle(.key(.function(10)))
        #expect(dashboard.wantsToQuit)
    }

    @Test func `ctrl-c closes a dialog that has just come, and leaves the second time`() throws {
        var dashboard = try make(Owner())
        dashboard.handle(.key(.character("C")))
        #expect(dashboard.frame(size: size).picture().contains("Replicas"))
        dashboard.handle(.key(.control("c")))
        #expect(!dashboard.wantsToQuit)
        #expect(!dashboard.frame(size: size).picture().contains("Replicas"))
        dashboard.handle(.key(.control("c")))
        #expect(dashboard.wantsToQuit)
    }

    @Test func `a file that is there is replaced after a question, or by an exclamation mark`() throws {
        var dashboard = try make(Owner())
        try dashboard.press(":export all<Enter>")
        let file = try #require(dashboard.fileToWrite)
        #expect(file.name == "all.yaml" && !file.replaces)
        _ = dashboard.takeRequest()
        dashboard.askToReplace(file.name, content: file.content)
        #expect(dashboard.frame(size: size).picture().contains("Replace  all.yaml"))
        try dashboard.press("<Enter>")
        #expect(dashboard.fileToWrite == nil)
        dashboard.askToReplace(file.name, content: file.content)
        try dashboard.press("y")
        #expect(dashboard.fileToWrite?.replaces == true && dashboard.fileToWrite?.content == file.content)
        try dashboard.press(":export! all<Enter>")
        #expect(dashboard.fileToWrite?.replaces == true)
    }

    @Test func `a pasted page does no harm in prompts, filters and forms`() throws {
        let page = String(repeating: "web\u{0}\t\u{7}é👩‍💻\n", count: 20_000)
        var dashboard = try make(Owner())
        for keys in [":", ":po<Enter>/", "<Esc>C<Tab>"] {
            try dashboard.press(keys)
            dashboard.handle(.paste(page))
            for _ in 0..<3 { _ = dashboard.frame(size: size) }
            try dashboard.press("<Enter><Esc><Esc>")
            _ = dashboard.frame(size: size)
        }
        #expect(!dashboard.wantsToQuit)
    }
}
