package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a pair has on this machine beside its folder, noted while it runs, to be looked for when it is gone. */
record Traces(Path folder, List<Long> processes, List<PostmasterFile> servers) {

    static Traces of(Path folder) {
        List<PostmasterFile> servers = new ArrayList<>();
        for (String node : List.of("a", "b")) {
            PostmasterFile.read(folder.resolve(node).resolve(PostgresNode.DATA)).ifPresent(servers::add);
        }
        List<Long> processes = new ArrayList<>(Processes.below(folder));
        servers.forEach(server -> Processes.carrier(server.pid()).ifPresent(processes::add));
        Traces traces = new Traces(folder, processes, servers);
        // A look that finds nothing of a running pair proves nothing afterwards.
        assertThat(traces.processes).hasSizeGreaterThan(8);
        assertThat(traces.servers)
                .hasSize(2)
                .allSatisfy(server -> assertThat(server.sharedMemory()).isPresent());
        return traces;
    }

    void assertGone() {
        assertThat(folder).doesNotExist();
        assertThat(Processes.below(folder)).isEmpty();
        assertThat(processes).noneMatch(Processes::isAlive);
        assertThat(servers)
                .noneMatch(server ->
                        SharedMemory.exists(server.pid(), server.sharedMemory().orElseThrow()));
    }
}
