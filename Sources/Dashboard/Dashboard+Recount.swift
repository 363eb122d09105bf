// What screens keep up from the feed of changes, compared with what there is: for tests.

extension Dashboard {
    /// What is kept up and differs from what is counted anew; empty if nothing does.
    package mutating func recount() -> [String] {
        world.refresh(isWhole: true)
        prepareTop()
        return world.view.faults(world.cluster) + world.outages.faults(world) + ((stack.last as? TableScreen)?.faults(world) ?? [])
            + ((stack.last as? ListScreen)?.faults(world) ?? []) + ((stack.last as? DeckScreen)?.faults(world) ?? [])
            + ((stack.last as? WorkloadsScreen)?.faults(world) ?? [])
    }
}
