import CLinux
package import RegistryModel

/// Reads a registry's whole tree and finds what nothing needs (design, section 5.8).
package struct Marker: Sendable {
    let root: StorageRoot
    let references: any ReferenceStore
    let width: Int

    /// Reads with `width` threads, as many as there are cores unless said otherwise.
    package init(
        root: StorageRoot,
        references: any ReferenceStore,
        width: Int = Crew.ofMachine.width
    ) {
        self.root = root
        self.references = references
        self.width = max(1, width)
    }

    /// Reads the tree as it is now, with `condemned` taken as gone.
    ///
    /// Blocks the thread it is called on, which must not be one of the cooperative pool. What
    /// vanishes or comes while it reads is no error.
    package func mark(
        _ condemned: Condemned = Condemned(),
        now: Timestamp
    ) throws(StorageError) -> Mark {
        // Tables of millions grow by copies: what is left behind must not stay.
        _ = clinux_map_pieces(Self.largePiece)
        let crew = Crew(width: width)
        let discovery = try RepositoryDiscovery(root: root, crew: crew)
        let walk = RepositoryWalk(root: root, crew: crew, places: discovery.places)
        var survey = try walk.survey()
        survey.hidesReferences = survey.hidesReferences || discovery.hidesReferences
        let loader = try ContentLoader(root: root, crew: crew, store: references)
        var marking = try Marking(consume survey, loader)
        // Each thread has kept what it read with.
        _ = clinux_trim_memory()
        try marking.begin(condemned)
        let links = try walk.readLayers(for: &marking)
        marking.survey.emptyFolders += try walk.emptied(marking.survey)
        var assembly = MarkAssembly(consume marking, now: now)
        let remembered = try TagIndexWalk.read(
            root: root,
            crew: crew,
            survey: assembly.marking.survey,
            going: assembly.goingDigests
        )
        assembly.takeRevisions(remembered)
        // The walk over blobs asks only what is needed, and finds the most.
        assembly.dropManifests()
        _ = clinux_trim_memory()
        let needs = assembly.mark.needs
        let blobs = try BlobWalk(root: root, crew: crew) { needs.names($0) }
        assembly.takeBlobs(blobs, links)
        return assembly.finish(doubts: discovery.doubts, emptyFolders: discovery.emptyFolders)
    }

    /// Bytes.
    private static let largePiece: Int32 = 1 << 20
}
