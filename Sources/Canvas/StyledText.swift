/// One line of text in several styles.
///
/// ```swift
/// let title = StyledText("Pods", theme[.title]) + StyledText("[57]", theme[.titleCounter])
/// canvas.write(title, at: Point(x: 2, y: 0))
/// ```
public struct StyledText: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// Some text in one style.
    public struct Span: Equatable, Sendable {
        /// What is written.
        public var text: String
        /// How it looks; nil takes the style the drawer would use for plain text.
        public var style: Style?

        /// Text in `style`.
        public init(_ text: String, _ style: Style? = nil) {
            self.text = text
            self.style = style
        }
    }

    /// From left to right.
    public var spans: [Span]

    /// Text from spans.
    public init(_ spans: [Span] = []) {
        self.spans = spans
    }

    /// Text in one style; nil leaves the style to the drawer.
    public init(_ text: String, _ style: Style? = nil) {
        self.spans = text.isEmpty ? [] : [Span(text, style)]
    }

    /// Text from pairs of string and style.
    public init(arrayLiteral elements: (String, Style)...) {
        self.spans = elements.map { Span($0.0, $0.1) }
    }

    /// Whether there is nothing to write.
    public var isEmpty: Bool { spans.allSatisfy { $0.text.isEmpty } }

    /// The text without styles.
    public var text: String { spans.map(\.text).joined() }

    /// Columns, 0 or more.
    public var width: Int { spans.reduce(0) { $0 + TextWidth.columns($1.text) } }

    /// Adds text at the end.
    public mutating func append(_ text: String, _ style: Style? = nil) {
        if !text.isEmpty { spans.append(Span(text, style)) }
    }

    /// Adds styled text at the end.
    public mutating func append(_ other: StyledText) {
        spans += other.spans
    }

    /// Both, one after the other.
    public static func + (left: StyledText, right: StyledText) -> StyledText {
        StyledText(left.spans + right.spans)
    }

    /// Adds styled text at the end.
    public static func += (left: inout StyledText, right: StyledText) {
        left.append(right)
    }

    /// The beginning that fits into `width` columns, ending in `ellipsis` if some is missing.
    ///
    /// With `keepsEnd` the middle is left out instead, if the text has one style.
    public func truncated(to width: Int, ellipsis: Character? = "…", keepsEnd: Bool = false) -> StyledText {
        guard self.width > width else { return self }
        guard width > 0 else { return StyledText() }
        if keepsEnd, spans.count == 1 {
            return StyledText([Span(TextWidth.truncatedInside(spans[0].text, to: width, ellipsis: ellipsis), spans[0].style)])
        }
        var room = ellipsis == nil ? width : width - 1
        var result = StyledText()
        var lastStyle: Style?
        for span in spans {
            lastStyle = span.style
            let columns = TextWidth.columns(span.text)
            if columns <= room {
                result.spans.append(span)
                room -= columns
            } else {
                result.append(
                    TextWidth.truncated(span.text, to: room, ellipsis: nil), span.style)
                break
            }
        }
        if let ellipsis { result.append(String(ellipsis), lastStyle) }
        return result
    }

    /// The text with `change` applied to each style; spans without one start from `base`.
    public func restyled(from base: Style = .plain, _ change: (Style) -> Style) -> StyledText {
        StyledText(spans.map { Span($0.text, change($0.style ?? base)) })
    }
}

extension StyledText: ExpressibleByStringInterpolation {
    /// Text whose style is left to the drawer.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Canvas {
    /// Writes styled text on one line and returns its columns.
    ///
    /// - Parameters:
    ///   - style: for spans without a style of their own.
    ///   - maxWidth: columns not to be exceeded; longer text ends in `…` if `ellipsis` is true.
    @discardableResult
    public mutating func write(
        _ text: StyledText, at point: Point, style: Style = .plain, maxWidth: Int? = nil,
        ellipsis: Bool = true
    ) -> Int {
        var text = text
        if let maxWidth {
            text = text.truncated(to: maxWidth, ellipsis: ellipsis ? glyphs.ellipsis : nil)
        }
        var x = 0
        for span in text.spans {
            x += write(span.text, at: point.offset(x: x), style: span.style ?? style)
        }
        return x
    }

    /// Writes styled text so that it ends before column `right`.
    @discardableResult
    public mutating func write(
        _ text: StyledText, endingAt right: Int, y: Int, style: Style = .plain
    ) -> Int {
        write(text, at: Point(x: right - text.width, y: y), style: style)
    }
}
