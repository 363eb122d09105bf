// The operators and functions of expressions by name and types.

/// What can be called, and with what.
///
/// A line is a name and its forms: parameters and, after an arrow, the result. The first parameter of a form with a dot is what the
/// function is called on. Capital letters stand for any type, the same in all places. A number before the name is the minor version of
/// Kubernetes that brought the forms; without one they have been there from the first.
/// - Source: cel-spec `doc/langdef.md`; cel-go `ext`; Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/{environment/base.go,library}`
enum CELLibrary {
    /// The forms of a function; nil if there is none of that name.
    ///
    /// - Parameter minor: those that this minor version of Kubernetes knows.
    static func signatures(_ name: String, minor: Int = .max) -> [CELSignature]? {
        let known = table[name]?.filter { $0.since <= minor } ?? []
        return known.isEmpty ? nil : known
    }

    /// The minor version of Kubernetes that brought a macro with so many variables.
    static func since(macro: String, variables: Int) -> Int {
        switch macro {
        case "sortBy": 34
        case "optMap", "optFlatMap": 28
        default: variables > 1 ? 32 : 0
        }
    }
    /// That which brought the signs for what may be absent: `?.`, `[?`.
    static let optionalsSince = 28

    private static let table: [String: [CELSignature]] = {
        var table: [String: [CELSignature]] = [:]
        for line in text.split(separator: "\n") {
            let digits = line.prefix(while: \.isNumber)
            let line = line.dropFirst(digits.isEmpty ? 0 : digits.count + 1)
            guard let gap = line.firstIndex(of: " ") else { continue }
            table[String(line[..<gap]), default: []] += line[gap...].split(separator: ";").map { form in
                signature(form.filter { $0 != " " }, since: Int(digits) ?? 0)
            }
        }
        return table
    }()

    private static func signature(_ text: String, since minor: Int) -> CELSignature {
        let halves = text.split(separator: ">", omittingEmptySubsequences: false)
        var rest = Substring(halves[0])
        let isMember = rest.first == "."
        if isMember { rest.removeFirst() }
        var parameters: [CELType] = []
        while !rest.isEmpty {
            parameters.append(type(&rest))
            if rest.first == "," { rest.removeFirst() }
        }
        var result = halves.dropFirst().first ?? ""
        return CELSignature(isMember: isMember, parameters: parameters, result: type(&result), since: minor)
    }

    private static let opaque = [
        "Quantity": "kubernetes.Quantity", "IP": "net.IP", "CIDR": "net.CIDR", "URL": "kubernetes.URL", "Semver": "kubernetes.Semver",
        "Format": "kubernetes.NamedFormat",
    ]
    private static func type(_ rest: inout Substring) -> CELType {
        let name = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(name.count)
        var inner: [CELType] = []
        if rest.first == "(" {
            repeat {
                rest.removeFirst()
                inner.append(type(&rest))
            } while rest.first == ","
            rest = rest.dropFirst()
        }
        switch (name, inner.count) {
        case ("list", 1): return .list(inner[0])
        case ("map", 2): return .map(inner[0], inner[1])
        case ("optional", 1): return .optional(inner[0])
        case ("type", 1): return .type(inner[0])
        case ("dyn", _): return .dyn
        default: return name.count == 1 ? .parameter(String(name)) : .named(opaque[String(name)] ?? String(name))
        }
    }

    private static let text = """
        _+_ int,int>int; uint,uint>uint; double,double>double; string,string>string; bytes,bytes>bytes; list(A),list(A)>list(A)
        _+_ duration,duration>duration; timestamp,duration>timestamp; duration,timestamp>timestamp
        _-_ int,int>int; uint,uint>uint; double,double>double; duration,duration>duration; timestamp,duration>timestamp; timestamp,timestamp>duration
        _*_ int,int>int; uint,uint>uint; double,double>double
        _/_ int,int>int; uint,uint>uint; double,double>double
        _%_ int,int>int; uint,uint>uint
        _==_ A,A>bool
        _!=_ A,A>bool
        \(["_<_", "_<=_", "_>_", "_>=_"].map { "\($0) \(ordered)\n28 \($0) \(mixed)" }.joined(separator: "\n"))
        @in A,list(A)>bool; A,map(A,B)>bool
        _&&_ bool,bool>bool
        _||_ bool,bool>bool
        !_ bool>bool
        -_ int>int; double>double
        _?_:_ bool,A,A>A
        _[_] list(A),int>A; map(A,B),A>B; optional(list(A)),int>optional(A); optional(map(A,B)),A>optional(B)
        _[?_] list(A),int>optional(A); map(A,B),A>optional(B); optional(list(A)),int>optional(A); optional(map(A,B)),A>optional(B)
        size string>int; bytes>int; list(A)>int; map(A,B)>int; .string>int; .bytes>int; .list(A)>int; .map(A,B)>int
        int int>int; uint>int; double>int; string>int; timestamp>int; duration>int
        uint uint>uint; int>uint; double>uint; string>uint
        double double>double; int>double; uint>double; string>double
        string string>string; bool>string; int>string; uint>string; double>string; bytes>string; timestamp>string; duration>string
        30 string IP>string; CIDR>string
        bytes bytes>bytes; string>bytes
        bool bool>bool; string>bool
        timestamp timestamp>timestamp; string>timestamp; int>timestamp
        duration duration>duration; string>duration; int>duration
        dyn A>dyn
        type A>type(A)
        contains .string,string>bool
        startsWith .string,string>bool
        endsWith .string,string>bool
        matches .string,string>bool; string,string>bool
        \(days.map { "get\($0) .timestamp>int; .timestamp,string>int" }.joined(separator: "\n"))
        \(["Hours", "Minutes", "Seconds", "Milliseconds"].map { "get\($0) .timestamp>int; .timestamp,string>int; .duration>int" }.joined(separator: "\n"))
        charAt .string,int>string
        29 format .string,list(dyn)>string
        indexOf .string,string>int; .string,string,int>int; .list(A),A>int
        lastIndexOf .string,string>int; .string,string,int>int; .list(A),A>int
        join .list(string)>string; .list(string),string>string
        lowerAscii .string>string
        upperAscii .string>string
        replace .string,string,string>string; .string,string,string,int>string
        split .string,string>list(string); .string,string,int>list(string)
        substring .string,int>string; .string,int,int>string
        trim .string>string
        29 strings.quote string>string
        find .string,string>string
        findAll .string,string>list(string); .string,string,int>list(string)
        isSorted .list(A)>bool
        sum .list(int)>int; .list(uint)>uint; .list(double)>double; .list(duration)>duration
        min .list(A)>A
        max .list(A)>A
        34 distinct .list(A)>list(A)
        34 flatten .list(list(A))>list(A); .list(dyn)>list(dyn); .list(dyn),int>list(dyn)
        34 slice .list(A),int,int>list(A)
        34 sort .list(A)>list(A)
        34 reverse .list(A)>list(A)
        34 first .list(A)>optional(A)
        34 last .list(A)>optional(A)
        34 lists.range int>list(int)
        29 sets.contains list(A),list(A)>bool
        29 sets.equivalent list(A),list(A)>bool
        29 sets.intersects list(A),list(A)>bool
        url string>URL
        isURL string>bool
        \(["Scheme", "Host", "Hostname", "Port", "EscapedPath"].map { "get\($0) .URL>string" }.joined(separator: "\n"))
        getQuery .URL>map(string,list(string))
        28 quantity string>Quantity
        28 isQuantity string>bool
        28 isInteger .Quantity>bool
        28 asInteger .Quantity>int
        28 asApproximateFloat .Quantity>double
        28 sign .Quantity>int
        28 add .Quantity,Quantity>Quantity; .Quantity,int>Quantity
        28 sub .Quantity,Quantity>Quantity; .Quantity,int>Quantity
        28 isLessThan .Quantity,Quantity>bool
        33 isLessThan .Semver,Semver>bool
        28 isGreaterThan .Quantity,Quantity>bool
        33 isGreaterThan .Semver,Semver>bool
        28 compareTo .Quantity,Quantity>int
        33 compareTo .Semver,Semver>int
        30 ip string>IP; .CIDR>IP
        30 isIP string>bool
        30 ip.isCanonical string>bool
        30 family .IP>int
        \(["Unspecified", "Loopback", "LinkLocalMulticast", "LinkLocalUnicast", "GlobalUnicast"].map { "30 is\($0) .IP>bool" }.joined(separator: "\n"))
        30 cidr string>CIDR
        30 isCIDR string>bool
        30 containsIP .CIDR,IP>bool; .CIDR,string>bool
        30 containsCIDR .CIDR,CIDR>bool; .CIDR,string>bool
        30 masked .CIDR>CIDR
        30 prefixLength .CIDR>int
        33 semver string>Semver; string,bool>Semver
        33 isSemver string>bool; string,bool>bool
        33 major .Semver>int
        33 minor .Semver>int
        33 patch .Semver>int
        31 format.named string>optional(Format)
        \(CELFormats.names.map { "31 format.\($0) >Format" }.joined(separator: "\n"))
        31 validate .Format,string>optional(list(string))
        28 optional.of A>optional(A)
        28 optional.ofNonZeroValue A>optional(A)
        28 optional.none >optional(A)
        28 optional.unwrap list(optional(A))>list(A)
        28 unwrapOpt .list(optional(A))>list(A)
        28 hasValue .optional(A)>bool
        28 value .optional(A)>A
        28 or .optional(A),optional(A)>optional(A)
        28 orValue .optional(A),A>A
        """
    private static let days = ["FullYear", "Month", "DayOfYear", "DayOfMonth", "Date", "DayOfWeek"]
    private static let numbers = ["int", "uint", "double"]
    private static let ordered = (numbers + ["bool", "string", "bytes", "timestamp", "duration"]).map { "\($0),\($0)>bool" }.joined(separator: "; ")
    /// Numbers have an order among each other, whatever their type.
    private static let mixed = numbers.flatMap { a in numbers.filter { $0 != a }.map { "\(a),\($0)>bool" } }.joined(separator: "; ")
}
