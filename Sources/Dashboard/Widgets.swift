import Canvas

// The control plane has a Table too; screens mean the widget.
typealias TableWidget = Table
