// The operators and functions of expressions by name and types.

/// What can be called, and with what.
///
/// A line is a name and its forms: parameters and, after an arrow, the result. The first parameter of a form with a dot is what the
/// function is called on. Capital letters stand for any type, the same in all places.
/// - Source: cel-spec `doc/langdef.md`; cel-go `ext`; Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/{environment/base.go,library}`
enum CELLibrary {
    /// The forms of a function; nil if there is none of that name.
    static func signatures(_ name: String) -> [CELSignature]? { table[name] }

    private static let table: [String: [CELSignature]] = {
        var table: [String: [CELSignature]] = [:]
        for line in text.split(separator: "\n") {
            guard let gap = line.firstIndex(of: " ") else { continue }
            table[String(line[..<gap]), default: []] += line[gap...].split(separator: ";").map { signature($0.filter { $0 != " " }) }
        }
        return table
    }()

    private static func signature(_ text: String) -> CELSignature {
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
        return CELSignature(isMember: isMember, parameters: parameters, result: type(&result))
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
        \(["_<_", "_<=_", "_>_", "_>=_"].map { "\($0) \(ordered)" }.joined(separator: "\n"))
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
        string string>string; bool>string; int>string; uint>string; double>string; bytes>string; timestamp>string; duration>string; IP>string; CIDR>string
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
        format .string,list(dyn)>string
        indexOf .string,string>int; .string,string,int>int; .list(A),A>int
        lastIndexOf .string,string>int; .string,string,int>int; .list(A),A>int
        join .list(string)>string; .list(string),string>string
        lowerAscii .string>string
        upperAscii .string>string
        replace .string,string,string>string; .string,string,string,int>string
        split .string,string>list(string); .string,string,int>list(string)
        substring .string,int>string; .string,int,int>string
        trim .string>string
        strings.quote string>string
        find .string,string>string
        findAll .string,string>list(string); .string,string,int>list(string)
        isSorted .list(A)>bool
        sum .list(int)>int; .list(uint)>uint; .list(double)>double; .list(duration)>duration
        min .list(A)>A
        max .list(A)>A
        distinct .list(A)>list(A)
        flatten .list(list(A))>list(A); .list(dyn)>list(dyn); .list(dyn),int>list(dyn)
        slice .list(A),int,int>list(A)
        sort .list(A)>list(A)
        reverse .list(A)>list(A)
        first .list(A)>optional(A)
        last .list(A)>optional(A)
        lists.range int>list(int)
        sets.contains list(A),list(A)>bool
        sets.equivalent list(A),list(A)>bool
        sets.intersects list(A),list(A)>bool
        url string>URL
        isURL string>bool
        \(["Scheme", "Host", "Hostname", "Port", "EscapedPath"].map { "get\($0) .URL>string" }.joined(separator: "\n"))
        getQuery .URL>map(string,list(string))
        quantity string>Quantity
        isQuantity string>bool
        isInteger .Quantity>bool
        asInteger .Quantity>int
        asApproximateFloat .Quantity>double
        sign .Quantity>int
        add .Quantity,Quantity>Quantity; .Quantity,int>Quantity
        sub .Quantity,Quantity>Quantity; .Quantity,int>Quantity
        isLessThan .Quantity,Quantity>bool; .Semver,Semver>bool
        isGreaterThan .Quantity,Quantity>bool; .Semver,Semver>bool
        compareTo .Quantity,Quantity>int; .Semver,Semver>int
        ip string>IP; .CIDR>IP
        isIP string>bool
        ip.isCanonical string>bool
        family .IP>int
        \(["Unspecified", "Loopback", "LinkLocalMulticast", "LinkLocalUnicast", "GlobalUnicast"].map { "is\($0) .IP>bool" }.joined(separator: "\n"))
        cidr string>CIDR
        isCIDR string>bool
        containsIP .CIDR,IP>bool; .CIDR,string>bool
        containsCIDR .CIDR,CIDR>bool; .CIDR,string>bool
        masked .CIDR>CIDR
        prefixLength .CIDR>int
        semver string>Semver; string,bool>Semver
        isSemver string>bool; string,bool>bool
        major .Semver>int
        minor .Semver>int
        patch .Semver>int
        format.named string>optional(Format)
        \(CELFormats.names.map { "format.\($0) >Format" }.joined(separator: "\n"))
        validate .Format,string>optional(list(string))
        optional.of A>optional(A)
        optional.ofNonZeroValue A>optional(A)
        optional.none >optional(A)
        optional.unwrap list(optional(A))>list(A)
        unwrapOpt .list(optional(A))>list(A)
        hasValue .optional(A)>bool
        value .optional(A)>A
        or .optional(A),optional(A)>optional(A)
        orValue .optional(A),A>A
        """
    private static let days = ["FullYear", "Month", "DayOfYear", "DayOfMonth", "Date", "DayOfWeek"]
    /// Numbers have an order among each other, whatever their type.
    private static let ordered: String = {
        let numbers = ["int", "uint", "double"]
        let mixed = numbers.flatMap { a in numbers.map { "\(a),\($0)" } }
        return (mixed + ["bool", "string", "bytes", "timestamp", "duration"].map { "\($0),\($0)" }).map { "\($0)>bool" }.joined(separator: "; ")
    }()
}
