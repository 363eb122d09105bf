public import Canvas

/// How far long work is, for the one who waits.
public struct WorkProgress: Sendable, Equatable {
    /// What is done: `Running to T+1000:00:00`.
    public var title: String
    /// How far: `T+03:10:00`.
    public var detail: String
    /// From 0 to 1; nil if it cannot be told.
    public var share: Double?
    /// How to stop it.
    public var hint = "any key stops"

    public init(title: String, detail: String = "", share: Double? = nil) {
        (self.title, self.detail, self.share) = (title, detail, share)
    }

    /// Draws it as a box in the middle of what is on the screen.
    public func draw(on canvas: inout Canvas, theme: Theme) {
        let width = min(canvas.bounds.width, 56)
        let height = min(canvas.bounds.height, 5)
        let inside = Popup(title: StyledText(title, theme[.title]))
            .draw(on: &canvas, centeredIn: canvas.bounds, size: Size(width: width, height: height), theme: theme)
        guard inside.width > 0, inside.height > 0 else { return }
        var line = StyledText(detail, theme[.dialog])
        if let share {
            line.append("   \(Int((min(max(share, 0), 1) * 100).rounded(.down))) %", theme[.dialog])
            if inside.height > 1 {
                Gauge(used: min(max(share, 0), 1)).draw(on: &canvas, at: Point(x: inside.x, y: inside.y + 1), width: inside.width, theme: theme)
            }
        }
        canvas.write(line.truncated(to: inside.width), at: inside.origin)
        canvas.write(StyledText(hint, theme[.dim].on(theme[.dialog].background)), at: Point(x: inside.x, y: inside.bottom - 1), maxWidth: inside.width)
    }
}

/// What the owner of a dashboard says while the dashboard works for longer than a key press may take.
///
/// The dashboard knows neither clock nor keyboard, so it asks. By default it may take as long as it likes: frames for
/// documentation and tests are complete, and the same every time.
public struct Patience {
    /// Asked after each step of work that ends with its result or not at all: whether the user wants it to stop. Shows how
    /// far it is.
    public var isOver: (_ progress: () -> WorkProgress) -> Bool
    /// Whether the key or frame under way has taken so long that it is felt: what can be done later then is.
    public var isFelt: () -> Bool

    public init(isOver: @escaping (() -> WorkProgress) -> Bool = { _ in false }, isFelt: @escaping () -> Bool = { false }) {
        (self.isOver, self.isFelt) = (isOver, isFelt)
    }
}
