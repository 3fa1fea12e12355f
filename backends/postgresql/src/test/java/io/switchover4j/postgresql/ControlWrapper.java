package io.switchover4j.postgresql;

import io.switchover4j.spi.NodeControl;
import java.io.IOException;

/** A control whose stop and start can be tampered with. */
class ControlWrapper implements NodeControl {

    private final NodeControl control;

    ControlWrapper(NodeControl control) {
        this.control = control;
    }

    @Override
    public String nodeId() {
        return control.nodeId();
    }

    @Override
    public void requestStop(StopMode mode) {
        control.requestStop(mode);
    }

    @Override
    public boolean isRunning() {
        return control.isRunning();
    }

    @Override
    public void start() {
        control.start();
    }

    @Override
    public byte[] read(String name) throws IOException {
        return control.read(name);
    }

    @Override
    public void write(String name, byte[] content) throws IOException {
        control.write(name, content);
    }

    @Override
    public void delete(String name) throws IOException {
        control.delete(name);
    }
}
